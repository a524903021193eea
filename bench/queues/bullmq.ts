import { createPostgresBackend, withBackend } from 'bullmq';
import { CONCURRENCY, PAYLOAD, type Contender } from './contender.js';

const QUEUE = 'rotate';

export async function startBullMq(url: string): Promise<Contender> {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = { connectionString: url, max: 10, migrate: true };
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  let worker: { close(): Promise<void> } | null = null;
  return {
    async add() {
      await queue.add('rotate', PAYLOAD);
    },
    async addBulk(count) {
      await queue.addBulk(Array.from({ length: count }, () => ({ name: 'rotate', data: PAYLOAD })));
    },
    async work(onDone) {
      const started = new Worker(QUEUE, () => Promise.resolve(), { connection, concurrency: CONCURRENCY });
      started.on('completed', () => onDone(1));
      await started.waitUntilReady();
      worker = started;
    },
    async close() {
      await worker?.close();
      await queue.close();
    },
  };
}
