import type { Statements } from '../statements.js';
import { postgresClaimStatements } from './claim-statements.js';
import { postgresDeliveryStatements } from './delivery-statements.js';
import { postgresHousekeepingStatements } from './housekeeping-statements.js';
import { postgresJobStatements } from './job-statements.js';
import { postgresListStatements } from './list-statements.js';
import { postgresProviderStatements } from './provider-statements.js';
import { postgresServiceStatements } from './service-statements.js';
import { postgresTaskStatements } from './task-statements.js';
import { postgresWorkerStatements } from './worker-statements.js';

/** Everything the library asks of PostgreSQL. A round trip is what costs there, so lists become one statement over arrays. */
export const postgresStatements: Statements = {
  workers: postgresWorkerStatements,
  jobs: postgresJobStatements,
  tasks: postgresTaskStatements,
  claims: postgresClaimStatements,
  lists: postgresListStatements,
  providers: postgresProviderStatements,
  deliveries: postgresDeliveryStatements,
  services: postgresServiceStatements,
  housekeeping: postgresHousekeepingStatements,
};
