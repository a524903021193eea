export { FakeClock, quiet } from './fake-clock.js';
export { FakeServer } from './fake-server.js';
export type { FakeRequest, FakeServerOptions, RequestMatch } from './fake-server.js';
export { FakeSocket } from './fake-socket.js';
export { FakeWorld } from './fake-world.js';
export type { FakeResult } from './fake-world.js';
