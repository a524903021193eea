import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { UUID7, expectJson, expectProblem } from './expectations.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

const SCHEMA = { type: 'object', properties: { angle: { type: 'number', minimum: 1 } }, required: ['angle'] };

describe('registering a job', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());

  const put = (body: unknown, room = 'lab') => scene.ann.call<{ worker_id: string; id: string }>('PUT', `/rooms/${room}/jobs`, body);
  const workersOf = async (fullName: string) =>
    bodyOf(200, await scene.ann.call<{ workers: string[] }>('GET', `/rooms/lab/jobs/${fullName}`)).workers;

  it('answers 201 with the job, and makes a worker when none is named', async () => {
    const answer = await scene.ann.register(ROTATE, { schema: SCHEMA });
    const { worker_id } = answer.body;
    expectJson(answer, 201, {
      id: expect.stringMatching(UUID7),
      room_id: 'lab',
      category: 'modifiers',
      name: 'Rotate',
      full_name: ROTATE,
      schema: SCHEMA,
      workers: [worker_id],
      worker_id: expect.stringMatching(UUID7),
    });
    expect(scene.server.events.events).toEqual([{ name: 'jobs_invalidate', room: 'room:lab', payload: {} }]);
  });

  it('takes the schema as {} when there is none', async () => {
    for (const [index, body] of [{}, { schema: null }].entries()) {
      expect(await put({ category: 'modifiers', name: `J${index}`, ...body })).toMatchObject({ status: 201, body: { schema: {} } });
    }
  });

  it('answers 200 for the same job again and links another worker', async () => {
    const first = await scene.aJob(ROTATE, { schema: SCHEMA });
    const again = await scene.ann.register(ROTATE, { schema: SCHEMA });
    expectJson(again, 200, { ...first, workers: [first.worker_id, again.body.worker_id], worker_id: again.body.worker_id });
    expect(again.body.worker_id).not.toBe(first.worker_id);
  });

  it('links the named worker, once', async () => {
    const worker = await scene.aWorker();
    const first = await scene.aJob(ROTATE, { workerId: worker });
    expect(first).toMatchObject({ workers: [worker], worker_id: worker });
    expectJson(await scene.ann.register(ROTATE, { workerId: worker.toUpperCase() }), 200, first);
    expect(await workersOf(ROTATE)).toEqual([worker]);
  });

  it.each([
    ['keys in another order', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}', 200],
    ['the same number in other words', '{"x":1}', '{"x":1.0}', 200],
    ['the same large number', '{"x":100000000000000000000}', '{"x":1e20}', 200],
    ['another large number', '{"x":100000000000000000000}', '{"x":100000000000000000001}', 409],
    ['a boolean for a number', '{"x":1}', '{"x":true}', 409],
    ['an item in another place', '{"x":[1,2]}', '{"x":[2,1]}', 409],
    ['a key more', '{"x":1}', '{"x":1,"y":null}', 409],
    ['a __proto__ key', '{}', '{"__proto__":{"x":1}}', 409],
  ])('compares schemas deeply: %s', async (_, stored, sent, status) => {
    const bodyWith = (schema: string) => `{"category":"modifiers","name":"Rotate","schema":${schema}}`;
    const first = bodyOf(201, await put(bodyWith(stored)));
    const before = await scene.contents();
    const answer = await put(bodyWith(sent));
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expectProblem(answer, 'SchemaConflict');
    expect(await scene.contents()).toEqual(before);
    expect(await workersOf(ROTATE)).toEqual([first.worker_id]);
  });

  it('brings a soft-deleted job back under its id, with a new schema', async () => {
    const first = await scene.aJob(ROTATE, { schema: SCHEMA });
    await scene.ann.removeWorker(first.worker_id);
    const revived = await scene.ann.register(ROTATE, { schema: { type: 'object' } });
    const { worker_id } = revived.body;
    expectJson(revived, 201, { ...first, schema: { type: 'object' }, workers: [worker_id], worker_id });
  });

  it('refuses a worker that is unknown or of somebody else', async () => {
    const foreign = await scene.aWorker(scene.eve);
    const before = await scene.contents();
    for (const worker_id of [foreign, NOBODY, 'none', '', 'ann']) {
      expectProblem(await put({ category: 'modifiers', name: 'Rotate', worker_id }), 'WorkerNotFound');
    }
    expect(await scene.contents()).toEqual(before);
  });

  it('refuses categories that the settings do not have', async () => {
    const answer = await put({ category: 'magic', name: 'Rotate' });
    expectProblem(answer, 'InvalidCategory');
    expect((answer.body as unknown as { detail: string }).detail).toContain('modifiers, selections, analysis');
  });

  it.each(['a:b', 'a@b', '@lab', '@GLOBAL', 'a%3Ab'])("refuses the room '%s'", async (room) => {
    const answer = await put({ category: 'modifiers', name: 'Rotate' }, room);
    expectProblem(answer, 'InvalidRoomId');
    expect((answer.body as unknown as { detail: string }).detail).toContain('invalid characters');
  });

  it.each(['@global', '@internal'])('lets only a superuser register in %s', async (room) => {
    expectProblem(await scene.ann.register(`${room}:modifiers:Rotate`), 'Forbidden');
    expect((await scene.root.register(`${room}:modifiers:Rotate`)).status).toBe(201);
    expect(scene.server.events.events).toEqual([
      { name: 'jobs_invalidate', room: `room:${room}`, payload: {} },
      { name: 'jobs_invalidate', room: 'room:*', payload: {} },
    ]);
  });

  it.each([
    ['a number', 5, '/schema'],
    ['a list', [], '/schema'],
    ['a boolean', true, '/schema'],
    ['no JSON Schema', { required: 'angle' }, '/schema/required'],
    ['a pattern that is none', { properties: { a: { pattern: '(' } } }, '/schema/properties/a/pattern'],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema.json' }, '/schema/$ref'],
  ])('refuses a schema that is %s', async (_, schema, pointer) => {
    const before = await scene.contents();
    expectProblem(await put({ category: 'modifiers', name: 'Rotate', schema }), 'ValidationError', [pointer]);
    expect(await scene.contents()).toEqual(before);
  });

  it('ignores fields that it does not know', async () => {
    const answer = await put({ category: 'modifiers', name: 'Rotate', id: NOBODY, room_id: 'attic', deleted_at: 1 });
    expect(answer).toMatchObject({ status: 201, body: { room_id: 'lab' } });
    expect(answer.body.id).not.toBe(NOBODY);
  });
});

describe('reading jobs', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());

  it('answers one with its schema and its workers', async () => {
    const { worker_id, ...job } = await scene.aJob(ROTATE, { schema: SCHEMA });
    expectJson(await scene.eve.call('GET', `/rooms/lab/jobs/${ROTATE}`), 200, { ...job, workers: [worker_id] });
  });

  it('lists what a room can use, newest first, in brief', async () => {
    const own = await scene.aJob(ROTATE);
    const global = await scene.aJob('@global:selections:Pick');
    const internal = await scene.aJob('@internal:analysis:Sum');
    const other = await scene.aJob('attic:modifiers:Rotate');
    const brief = ({ full_name, category, name, workers }: typeof own) => ({ full_name, category, name, workers });
    const list = async (room: string) => scene.eve.call('GET', `/rooms/${room}/jobs`);
    const page = (...jobs: (typeof own)[]) => ({ items: jobs.map(brief), total: jobs.length, limit: 50, offset: 0 });
    expectJson(await list('lab'), 200, page(internal, global, own));
    expectJson(await list('attic'), 200, page(other, internal, global));
    expectJson(await list('@global'), 200, page(global));
    expectJson(await list('@internal'), 200, page(internal));
    expectProblem(await list('a:b'), 'InvalidRoomId');
  });

  it.each(['Rotate', 'modifiers:Rotate', 'lab:modifiers:', 'lab::Rotate', ':modifiers:Rotate'])(
    "says that '%s' is no name",
    async (name) => {
      await scene.aJob();
      for (const address of [`/rooms/lab/jobs/${name}`, `/rooms/lab/jobs/${name}/tasks`]) {
        const answer = await scene.eve.call('GET', address);
        expectProblem(answer, 'JobNotFound');
        expect(answer.body.detail).toContain('Invalid job name format');
      }
      expect((await scene.sue.submit('lab', name)).body).toMatchObject({ detail: expect.stringContaining('Invalid job name format') });
    },
  );

  it.each([`${ROTATE}%20`, 'lab:modifiers:rotate', 'lab:modifiers:Rotat_', 'lab:modifiers:%25', 'attic:modifiers:Rotate'])(
    "does not find '%s'",
    async (name) => {
      await scene.aJob();
      expectProblem(await scene.eve.call('GET', `/rooms/lab/jobs/${name}`), 'JobNotFound');
      expectProblem(await scene.eve.call('GET', `/rooms/lab/jobs/${name}/tasks`), 'JobNotFound');
    },
  );
});
