import type { DatabaseKind } from './open-database.js';
import { postgres } from './postgres.js';
import { sqlite } from './sqlite.js';

export type { DatabaseKind, OpenDatabase, Outage, Plan } from './open-database.js';

const hasPostgres = process.env['JOBLIB_TEST_POSTGRES_URL'] !== undefined;

/** Every kind there is; the suites of this folder run on each. Where PostgreSQL is missing, the test run says so before it begins. */
export const databases: readonly DatabaseKind[] = hasPostgres ? [sqlite, postgres] : [sqlite];
