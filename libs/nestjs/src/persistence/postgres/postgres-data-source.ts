import type { DataSourceOptions } from 'typeorm';

import { joblibEntities } from '../entities/index.js';
import { postgresMigrations } from './migrations/index.js';

/** A statement that takes longer is given up by PostgreSQL. */
const STATEMENT_TIMEOUT_MS = 5000;

/** A connection that has not answered for so long is given up here: its other end may be gone without a word. */
const ANSWER_TIMEOUT_MS = 7000;

/** How long a caller waits for a connection. */
const CONNECT_TIMEOUT_MS = 5000;

/**
 * Every statement carries one row or a thousand, of a table that may have grown a thousandfold since the last statistics. A plan that is kept
 * from before costs seconds then; a new one costs a tenth of a millisecond.
 */
const PLAN_EACH_TIME = '-c plan_cache_mode=force_custom_plan';

/** No statement runs long enough to be worth compiling, which takes 0.1 s and more; a long queue makes some look as if they did. */
const COMPILE_NONE = '-c jit=off';

/**
 * Options of a DataSource for PostgreSQL 15 or newer. Nothing that hangs hangs for ever: every wait has its limit.
 * @param url "postgres://user:password@host:5432/database"; parameters of libpq such as `sslmode` may follow.
 * @param poolSize connections of this server, at most.
 */
export function postgresDataSourceOptions(url: string, poolSize = 10): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    entities: joblibEntities,
    migrations: postgresMigrations,
    migrationsTableName: 'joblib_migration',
    installExtensions: false,
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'joblib',
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idle_in_transaction_session_timeout: ANSWER_TIMEOUT_MS,
      options: `${PLAN_EACH_TIME} ${COMPILE_NONE}`,
      keepAlive: true,
      // What does not depend on one another's answers is sent without waiting for them.
      pipeline: true,
    },
    poolErrorHandler: ignoreLostIdleConnection,
  };
}

/** Whoever needs a connection next gets another, or is told why there is none. */
function ignoreLostIdleConnection(): void {}
