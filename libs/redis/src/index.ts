export { RedisResultBackend } from './redis-result-backend.js';
export type { RedisResultBackendOptions } from './redis-result-backend.js';
export { RedisBus } from './redis-bus.js';
export type { RedisBusLog, RedisBusOptions } from './redis-bus.js';
export { redisSocketAdapter } from './socket-adapter.js';
export type { RedisSocketAdapter } from './socket-adapter.js';
export { RedisWakeUps } from './wake-ups.js';
