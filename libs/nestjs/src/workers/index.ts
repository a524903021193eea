export { MeController } from './me.controller.js';
export { WORKER_DISCONNECTED, WorkerCleanup } from './worker-cleanup.service.js';
export type { Unless } from './worker-cleanup.service.js';
export { WorkersController } from './workers.controller.js';
export { Workers } from './workers.service.js';
