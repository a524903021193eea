export { DatabaseHealth } from './database-health.service.js';
export { JoblibStats } from './joblib-stats.service.js';
export type { DeliveryAttempt, DeliveryOutcome } from '../plugins/index.js';
export type { JoblibSnapshot } from './joblib-stats.service.js';
