import { once } from 'node:events';
import { JobManager, defineExtension } from '@joblib/client';

/** Runs until the worker is asked to end, and finishes then. */
const Finish = defineExtension({
  name: 'Finish',
  run: async () => {
    console.log('at work');
    await once(process, 'SIGTERM');
    return 'finished';
  },
});

const { JOBLIB_URL: url, JOBLIB_TOKEN: token } = process.env;
const manager = new JobManager({ url, token, drainSeconds: 3 });
await manager.register(Finish, { room: '@global' });
console.log('registered');
await Promise.all([manager.serve(), manager.wait()]);
