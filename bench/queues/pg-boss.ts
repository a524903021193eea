import { PgBoss } from 'pg-boss';
import { CONCURRENCY, PAYLOAD, type Contender } from './contender.js';

const QUEUE = 'rotate';

export async function startPgBoss(url: string): Promise<Contender> {
  const boss = new PgBoss({ connectionString: url, max: 10, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    async add() {
      await boss.send(QUEUE, PAYLOAD);
    },
    async addBulk(count) {
      await boss.insert(
        QUEUE,
        Array.from({ length: count }, () => ({ data: PAYLOAD })),
      );
    },
    async work({ onRun, onDone }) {
      // Half a second is the shortest pause between looks that it allows.
      const options = { batchSize: CONCURRENCY, pollingIntervalSeconds: 0.5 };
      for (let worker = 0; worker < 4; worker += 1) {
        await boss.work(QUEUE, options, (jobs) => {
          onRun(jobs.length);
          // It does not tell when the end is stored: what is measured is a little too good.
          onDone(jobs.length);
          return Promise.resolve();
        });
      }
      return () => boss.offWork(QUEUE, { wait: true });
    },
    close: () => boss.stop({ graceful: false }),
  };
}
