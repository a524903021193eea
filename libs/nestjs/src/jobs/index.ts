export { JobsController } from './jobs.controller.js';
export { ReadJobs } from './read-jobs.service.js';
export { RegisterJob } from './register-job.service.js';
export type { Registered, Registration } from './register-job.service.js';
