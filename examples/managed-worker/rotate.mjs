import { JobManager, defineExtension } from '@joblib/client';

const Rotate = defineExtension({
  name: 'Rotate',
  schema: {
    type: 'object',
    properties: { point: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }, degrees: { type: 'number' } },
    required: ['point', 'degrees'],
  },
  run: ({ payload: { point, degrees } }) => {
    const [x, y] = point;
    const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
    return [x * cos - y * sin, x * sin + y * cos];
  },
});

// Both are in the environment of every program that the service manages.
const { JOBLIB_URL: url, JOBLIB_TOKEN: token } = process.env;
const manager = new JobManager({ url, token, drainSeconds: 3 });
const job = await manager.register(Rotate, { room: '@global' });
console.log(`registered ${job.full_name}`);
await Promise.all([manager.serve(), manager.wait()]);
