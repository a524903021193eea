export { InMemoryResultBackend } from './in-memory-result-backend.js';
export type { InMemoryLimits } from './in-memory-result-backend.js';
