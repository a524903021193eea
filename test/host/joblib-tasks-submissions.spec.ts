import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProblemError } from '@joblib/contract';
import { ExactJson, JoblibStats, JoblibTasks, ROOM_GUARD } from '@joblib/nestjs';
import type { Caller, RoomGuard, SubmittedTask } from '@joblib/nestjs';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';

const JOB = 'lab:modifiers:Rotate';
const SOME_ID = '00000000-0000-7000-8000-000000000000';
const alice: Caller = { id: 'alice', isSuperuser: false };
const bob: Caller = { id: 'bob', isSuperuser: false };
const root: Caller = { id: 'root', isSuperuser: true };

let server: JoblibApp;
let tasks: JoblibTasks;

async function start(options: JoblibAppOptions = {}): Promise<void> {
  server = await startJoblib(options);
  tasks = server.app.get(JoblibTasks);
  await new JoblibUser(server.origin, 'bob').register(JOB);
}

afterEach(() => server.close());

const submit = (payload: Record<string, unknown> = {}): Promise<SubmittedTask> =>
  tasks.submit(alice, { roomId: 'lab', jobName: JOB, payload });

describe('by default', () => {
  beforeEach(() => start());

  it('makes the task that HTTP shows, and tells it', async () => {
    server.events.clear();
    const task = await submit({ angle: 90, deep: { list: [1, null, 'é'] } });
    expect(task).toEqual({
      id: expect.any(String),
      jobName: JOB,
      roomId: 'lab',
      status: 'pending',
      createdById: 'alice',
      createdAt: new Date(server.clock.now()),
      startedAt: null,
      completedAt: null,
      workerId: null,
      attempt: 0,
      queuePosition: 1,
      payload: { angle: 90, deep: { list: [1, null, 'é'] } },
      result: null,
      error: null,
      progress: null,
      json: { payload: '{"angle":90,"deep":{"list":[1,null,"é"]}}', result: null, progress: null },
      isReplay: false,
    });
    const overHttp = await new JoblibUser(server.origin, 'alice').task(task.id);
    expect(overHttp.body).toMatchObject({ id: task.id, payload: task.payload, queue_position: 1, created_by_id: 'alice' });
    expect(server.events.events.map(({ name }) => name)).toEqual(['task_status_event', 'task_available']);
  });

  it('takes an absent payload for {}', async () => {
    expect((await tasks.submit(alice, { roomId: 'lab', jobName: JOB })).json.payload).toBe('{}');
  });

  it('keeps every digit of exact JSON', async () => {
    const text = '{"n":12345678901234567890.10,"nul":"\\u0000","__proto__":{"a":-0}}';
    const task = await tasks.submit(alice, { roomId: 'lab', jobName: JOB, payload: new ExactJson(text) });
    expect((await tasks.get(alice, task.id)).json.payload).toBe(text);
    expect(task.payload).toMatchObject({ n: Number('12345678901234567890.10') });
    expect({}).not.toHaveProperty('a');
  });

  it('keeps half a surrogate pair, in a value and in exact JSON', async () => {
    const [value, exact] = await tasks.submitBatch(alice, {
      roomId: 'lab',
      jobName: JOB,
      payloads: [{ half: '\ud800' }, new ExactJson('{"half":"\ud800","whole":"😀"}')],
    });
    expect((await tasks.get(alice, value?.id ?? '')).payload).toEqual({ half: '\ud800' });
    expect((await tasks.get(alice, exact?.id ?? '')).payload).toEqual({ half: '\ud800', whole: '😀' });
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

  it.each<[string, unknown, string]>([
    ['an array', [], 'must be a JSON object'],
    ['null', null, 'must be a JSON object'],
    ['a date', new Date(0), 'must be a JSON object'],
    ['a function', () => 1, 'cannot be written as JSON: JSON has nothing for a function'],
    ['a big integer', { n: 1n }, 'cannot be written as JSON: Do not know how to serialize a BigInt'],
    ['a circle', cyclic, 'cannot be written as JSON: Converting circular structure to JSON'],
    ['text that is no JSON', new ExactJson('{'), 'must be JSON: '],
    ['exact JSON that is no object', new ExactJson('[1]'), 'must be a JSON object'],
    ['too deep nesting', new ExactJson(nested(513)), 'must not be nested deeper than 512 levels'],
  ])('refuses %s as a payload', async (_case, payload, detail) => {
    const refusal = { problem: 'ValidationError', errors: [{ pointer: '/payload', detail: expect.stringContaining(detail) }] };
    await expect(tasks.submit(alice, { roomId: 'lab', jobName: JOB, payload: payload as Record<string, unknown> })).rejects.toMatchObject(
      refusal,
    );
    const batch = { roomId: 'lab', jobName: JOB, payloads: [{}, payload as Record<string, unknown>] };
    await expect(tasks.submitBatch(alice, batch)).rejects.toMatchObject({ errors: [{ pointer: '/payloads/1' }] });
    expect((await new JoblibUser(server.origin, 'alice').tasks('lab', '?limit=0')).body.total).toBe(0);
  });

  it('takes the deepest payload', async () => {
    const payload = new ExactJson(nested(512));
    expect((await tasks.submit(alice, { roomId: 'lab', jobName: JOB, payload })).json.payload).toBe(payload.text);
  });

  it.each([
    ['a room that is none', { roomId: '@x' }, 'InvalidRoomId'],
    ['an unknown job', { jobName: 'lab:modifiers:Shear' }, 'JobNotFound'],
    ["another room's job", { roomId: 'hall' }, 'JobNotFound'],
    ['a name that is none', { jobName: 'Rotate' }, 'JobNotFound'],
    ['an empty key', { idempotencyKey: '' }, 'ValidationError'],
    ['a key that no header could have', { idempotencyKey: 'ключ' }, 'ValidationError'],
  ])('refuses %s as HTTP does', async (_case, wrong, problem) => {
    await expect(tasks.submit(alice, { roomId: 'lab', jobName: JOB, ...wrong })).rejects.toMatchObject({ problem });
    const batch = { roomId: 'lab', jobName: JOB, ...wrong, payloads: [{}] };
    await expect(tasks.submitBatch(alice, batch)).rejects.toMatchObject({ problem });
  });

  it('refuses an internal job that this server does not run', async () => {
    await server.dataSource.query(
      `INSERT INTO joblib_job (id, room_id, category, name, schema, created_at) VALUES ('${SOME_ID}', '@internal', 'modifiers', 'Index', '{}', 0)`,
    );
    await expect(tasks.submit(alice, { roomId: 'lab', jobName: '@internal:modifiers:Index' })).rejects.toMatchObject({
      problem: 'InternalJobNotConfigured',
    });
  });

  it('submits a batch in order, all or none', async () => {
    const batch = { roomId: 'lab', jobName: JOB, payloads: [{ n: 1 }, { n: 2 }, { n: 3 }] };
    const submitted = await tasks.submitBatch(alice, batch);
    expect(submitted.map(({ payload, queuePosition }) => [payload['n'], queuePosition])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    for (const payloads of [[], Array.from({ length: 1001 }, () => ({}))]) {
      await expect(tasks.submitBatch(alice, { ...batch, payloads })).rejects.toMatchObject({ problem: 'ValidationError' });
    }
  });

  describe('under an idempotency key', () => {
    const keyed = { roomId: 'lab', jobName: JOB, payload: { n: 1 }, idempotencyKey: 'once' };

    it('happens once, however many ask at once, over HTTP too', async () => {
      const user = new JoblibUser(server.origin, 'alice');
      const [first, second, http] = await Promise.all([
        tasks.submit(alice, keyed),
        tasks.submit(alice, keyed),
        user.submit('lab', JOB, { n: 1 }, { 'idempotency-key': 'once' }),
      ]);
      expect(new Set([first.id, second.id, http.body.id]).size).toBe(1);
      expect([first.isReplay, second.isReplay, http.status === 200].filter((isReplay) => isReplay)).toHaveLength(2);
      await tasks.cancel(alice, first.id);
      expect(await tasks.submit(alice, keyed)).toMatchObject({ id: first.id, status: 'cancelled', isReplay: true });
    });

    it('is refused with another payload, and is its own for each caller', async () => {
      const { id } = await tasks.submit(alice, keyed);
      await expect(tasks.submit(alice, { ...keyed, payload: { n: 2 } })).rejects.toMatchObject({ problem: 'IdempotencyMismatch' });
      expect((await tasks.submit(bob, keyed)).id).not.toBe(id);
    });
  });
});

it('asks the room guard, with the caller', async () => {
  const guard = {
    assertWritable: jest.fn<RoomGuard['assertWritable']>((_room, { isSuperuser }) =>
      isSuperuser ? Promise.resolve() : Promise.reject(new ProblemError('RoomLocked', 'Closed.')),
    ),
  };
  await start({ overrides: [{ provide: ROOM_GUARD, useValue: guard }] });
  await new JoblibUser(server.origin, 'root').register(JOB);
  guard.assertWritable.mockClear();
  await expect(submit()).rejects.toMatchObject({ problem: 'RoomLocked', message: 'Closed.' });
  expect((await tasks.submit(root, { roomId: 'lab', jobName: JOB })).createdById).toBe('root');
  expect(guard.assertWritable.mock.calls).toEqual([
    ['lab', alice],
    ['lab', root],
  ]);
});

it("checks the payload against the job's schema when that is wanted", async () => {
  await start({ settings: { payloadValidation: true } });
  const jobName = 'lab:modifiers:Strict';
  await new JoblibUser(server.origin, 'bob').register(jobName, { schema: { required: ['angle'] } });
  await expect(tasks.submit(alice, { roomId: 'lab', jobName, payload: {} })).rejects.toMatchObject({
    problem: 'PayloadInvalid',
    errors: [{ pointer: '/payload' }],
  });
  expect((await tasks.submit(alice, { roomId: 'lab', jobName, payload: { angle: 1 } })).status).toBe('pending');
});

it('takes nothing that nobody would do when that is wanted', async () => {
  await start({ settings: { requireConnectedWorker: true } });
  await submit();
  server.clock.advance(61);
  await expect(submit()).rejects.toMatchObject({ problem: 'NoWorkersAvailable' });
});

it('sees other rooms where that is allowed', async () => {
  await start({ settings: { allowCrossRoomSubmit: true } });
  expect(await tasks.submit(alice, { roomId: 'hall', jobName: JOB })).toMatchObject({ roomId: 'hall', jobName: JOB });
});

it('commits what many callers ask for at once together', async () => {
  await start();
  const before = server.app.get(JoblibStats).snapshot();
  const submitted = await Promise.all(Array.from({ length: 128 }, (_, n) => submit({ n })));
  const after = server.app.get(JoblibStats).snapshot();
  expect(new Set(submitted.map(({ id }) => id)).size).toBe(128);
  expect(after.flushedOperationsTotal - before.flushedOperationsTotal).toBe(128);
  expect(after.flushesTotal - before.flushesTotal).toBe(1);
});
