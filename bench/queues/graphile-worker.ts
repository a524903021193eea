import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { CONCURRENCY, PAYLOAD, type Contender } from './contender.js';

const TASK = 'rotate';

const CONNECTIONS = 10;

export async function startGraphileWorker(url: string): Promise<Contender> {
  const logger = new Logger(() => () => undefined);
  const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: CONNECTIONS, logger });
  await utils.migrate();
  return {
    async add() {
      await utils.addJob(TASK, PAYLOAD);
    },
    async addBulk(count) {
      await utils.addJobs(Array.from({ length: count }, () => ({ identifier: TASK, payload: PAYLOAD })));
    },
    async work({ onRun, onDone }) {
      // What its own documentation recommends for throughput: jobs are fetched and completed in batches.
      const preset = {
        worker: {
          concurrentJobs: CONCURRENCY,
          localQueue: { size: 500, refetchDelay: { durationMs: 100 } },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          logger,
        },
      };
      const pgPool = poolThatTells(url, onDone);
      const runner = await run({ pgPool, noHandleSignals: true, preset, taskList: { [TASK]: () => onRun(1) } });
      return async () => {
        await runner.stop();
        await pgPool.end();
      };
    },
    async close() {
      await utils.release();
    },
  };
}

const ENDS_JOBS = /^\s*delete from \S+_private_jobs/;

/** Its event `job:complete` comes when the end of a job has been put into a batch; what is stored is known by the answer to the statement. */
function poolThatTells(url: string, onDone: (count: number) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parts: unknown[]) => Promise<pg.QueryResult>;
    const telling = async (...parts: unknown[]): Promise<pg.QueryResult> => {
      const result = await query(...parts);
      const [config] = parts;
      const text = typeof config === 'string' ? config : (config as pg.QueryConfig).text;
      if (ENDS_JOBS.test(text)) onDone(result.rowCount ?? 0);
      return result;
    };
    Object.assign(client, { query: telling });
  });
  return pool;
}
