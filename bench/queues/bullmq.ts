import { createPostgresBackend, withBackend } from 'bullmq';
import { CONCURRENCY, PAYLOAD, type Contender } from './contender.js';

const QUEUE = 'rotate';

export async function startBullMq(url: string): Promise<Contender> {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = { connectionString: url, max: 10, migrate: true };
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  return {
    async add() {
      await queue.add('rotate', PAYLOAD);
    },
    async addBulk(count) {
      await queue.addBulk(Array.from({ length: count }, () => ({ name: 'rotate', data: PAYLOAD })));
    },
    async work({ onRun, onDone }) {
      const worker = new Worker(QUEUE, () => Promise.resolve(onRun(1)), { connection, concurrency: CONCURRENCY });
      worker.on('completed', () => onDone(1));
      await worker.waitUntilReady();
      return () => worker.close();
    },
    async close() {
      await queue.close();
    },
  };
}
