import type { Statements } from '../statements.js';
import { sqliteClaimStatements } from './claim-statements.js';
import { sqliteDeliveryStatements } from './delivery-statements.js';
import { sqliteHousekeepingStatements } from './housekeeping-statements.js';
import { sqliteJobStatements } from './job-statements.js';
import { sqliteListStatements } from './list-statements.js';
import { sqliteProviderStatements } from './provider-statements.js';
import { sqliteServiceStatements } from './service-statements.js';
import { sqliteTaskStatements } from './task-statements.js';
import { sqliteWorkerStatements } from './worker-statements.js';

/** Everything the library asks of SQLite. A round trip costs nothing there, so lists become one statement per element. */
export const sqliteStatements: Statements = {
  workers: sqliteWorkerStatements,
  jobs: sqliteJobStatements,
  tasks: sqliteTaskStatements,
  claims: sqliteClaimStatements,
  lists: sqliteListStatements,
  providers: sqliteProviderStatements,
  deliveries: sqliteDeliveryStatements,
  services: sqliteServiceStatements,
  housekeeping: sqliteHousekeepingStatements,
};
