// A worker as people run it: node worker.mjs, with JOBLIB_URL and JOBLIB_TOKEN. Its job waits until somebody ends it.
import { JobManager, defineExtension } from '@joblib/client';

const Wait = defineExtension({
  name: 'Wait',
  async run({ signal, progress, payload }) {
    await progress(0.5);
    const ended = new Promise((resolve) => {
      if (payload.endless) signal.addEventListener('abort', resolve);
      else process.once('SIGINT', resolve);
    });
    console.log('running');
    await ended;
    return 'finished';
  },
});

const manager = new JobManager({ url: process.env.JOBLIB_URL, token: process.env.JOBLIB_TOKEN, drainSeconds: 5 });
await manager.register(Wait);
const stopped = Promise.all([manager.serve(), manager.wait()]);
console.log('registered');
const [reason] = await stopped;
console.log(`stopped: ${reason.kind}`);
await manager.disconnect();
