export { InternalJobs } from './internal-jobs.service.js';
export { InternalRunner } from './internal-runner.service.js';
export { InternalTasks } from './internal-tasks.service.js';
