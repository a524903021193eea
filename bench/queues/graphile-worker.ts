import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { CONCURRENCY, PAYLOAD, type Contender } from './contender.js';

const TASK = 'rotate';

export async function startGraphileWorker(url: string): Promise<Contender> {
  const logger = new Logger(() => () => undefined);
  const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 10, logger });
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
          maxPoolSize: 10,
          localQueue: { size: 500, refetchDelay: { durationMs: 100 } },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          logger,
        },
      };
      const runner = await run({ connectionString: url, noHandleSignals: true, preset, taskList: { [TASK]: () => onRun(1) } });
      runner.events.on('job:complete', () => onDone(1));
      return () => runner.stop();
    },
    async close() {
      await utils.release();
    },
  };
}
