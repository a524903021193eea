export { DeliveryRetention } from './delivery-retention.service.js';
export { Sweeper } from './sweeper.service.js';
export type { Swept } from './sweeper.service.js';
export { SweepTimers, SweeperSchedule } from './sweeper-schedule.service.js';
export { TaskRetention } from './task-retention.service.js';
