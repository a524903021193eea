import { JobManager, defineExtension } from '@joblib/client';

const Scale = defineExtension({
  name: 'Scale',
  schema: {
    type: 'object',
    properties: { numbers: { type: 'array', items: { type: 'number' } }, factor: { type: 'number', default: 2 } },
    required: ['numbers'],
  },
  run: ({ payload }) => payload.numbers.map((n) => n * payload.factor),
});

const { JOBLIB_URL: url = 'http://127.0.0.1:8000', JOBLIB_TOKEN: token = '' } = process.env;
await using manager = new JobManager({ url, token });
await manager.register(Scale, { room: 'lab' });
await Promise.all([manager.serve(), manager.wait()]);
