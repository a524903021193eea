import { ProblemError, ROUTES } from '@joblib/contract';
import type { Route } from '@joblib/contract';
import { ROOM_GUARD } from '@joblib/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import type { RawAnswer } from './raw-request.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

const MAX_BODY_BYTES = 2000;
const TOO_LARGE = 'x'.repeat(MAX_BODY_BYTES + 1);
const TOO_DEEP = '['.repeat(600) + ']'.repeat(600);

/** Everything is wrong with these addresses and what they lead to. */
const address = (path: string): string =>
  path
    .replace('{room_id}', 'a:b')
    .replace('{full_name}', 'none')
    .replace('{task_id}', NOBODY)
    .replace('{worker_id}', NOBODY)
    .replace('{provider_id}', NOBODY);

const routes: readonly Route[] = ROUTES;
const withBody = routes.filter(({ problems }) => problems.includes('PayloadTooLarge'));

describe('of several things that are wrong, the first is told', () => {
  let scene: Scene;
  beforeAll(async () => {
    const guard = {
      assertWritable: (roomId: string) =>
        roomId === 'locked' ? Promise.reject(new ProblemError('RoomLocked', 'It is locked.')) : Promise.resolve(),
    };
    scene = await Scene.start({
      settings: {
        maxBodyBytes: MAX_BODY_BYTES,
        providerResultMaxBytes: MAX_BODY_BYTES,
        requireConnectedWorker: true,
        payloadValidation: true,
        workerTimeoutSeconds: 60,
      },
      overrides: [{ provide: ROOM_GUARD, useValue: guard }],
    });
    await scene.aJob(ROTATE, { schema: { type: 'object', properties: { angle: { type: 'number' } } } });
  });
  afterAll(() => scene.close());

  const send = (by: string | null, method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    rawRequest(scene.server.origin, {
      method,
      path,
      headers: { ...(by === null ? {} : { authorization: `Bearer ${by}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });

  it('covers the routes with a body', () => {
    expect(withBody.map(({ operationId }) => operationId).sort()).toEqual(
      [
        'claimTask',
        'registerJob',
        'registerProvider',
        'registerWorker',
        'reportTask',
        'reportTasks',
        'sendHeartbeat',
        'submitTask',
        'submitTasks',
        'uploadProviderResult',
      ].sort(),
    );
  });

  it.each(withBody)('$method $path: 401, then 413, then 415, then 400, then 422', async ({ operationId, method, path }) => {
    const to = address(path);
    const before = await scene.contents();
    const malformed = { 'content-type': 'application/json', 'idempotency-key': 'ü' };
    // The result of a read may have any media type, but has to be the bytes that are meant.
    const encoded = { 'x-request-hash': 'hash', 'content-encoding': 'gzip' };
    const bad = operationId === 'uploadProviderResult' ? encoded : { ...malformed, 'content-type': 'text/plain' };
    expectProblem(await send(null, method, to, TOO_LARGE, bad), 'Unauthorized');
    expectProblem(await send('eve', method, to, TOO_LARGE, bad), 'PayloadTooLarge');
    expectProblem(await send('eve', method, to, '{', bad), 'UnsupportedMediaType');
    expectProblem(await send('eve', method, to, '{', malformed), 'MalformedBody');
    // A body that is nested too deeply is one kind of wrong shape that every route knows, also those that want none.
    expectProblem(await send('eve', method, to, TOO_DEEP, { 'content-type': 'application/json' }), 'ValidationError', ['']);
    expect(await scene.contents()).toEqual(before);
  });

  it.each(withBody)('$method $path: 413 in chunks of unknown length as well, after 401', async ({ method, path }) => {
    const chunked = (authorization: Record<string, string>): Promise<Response> =>
      fetch(scene.server.origin + address(path), {
        method,
        headers: { 'content-type': 'text/plain', ...authorization },
        body: new Blob([TOO_LARGE]).stream(),
        duplex: 'half',
      });
    const [anonymous, known] = [await chunked({}), await chunked({ authorization: 'Bearer eve' })];
    expect([anonymous.status, ((await anonymous.json()) as { type: string }).type]).toEqual([401, '/v1/problems/unauthorized']);
    expect([known.status, ((await known.json()) as { type: string }).type]).toEqual([413, '/v1/problems/payload-too-large']);
  });

  it.each([
    ['an unknown address', 'POST', '/v1/joblib/nowhere', 'NotFound'],
    ['a known one with another method', 'PUT', '/v1/joblib/tasks/claim', 'MethodNotAllowed'],
    ['an empty segment', 'POST', `/v1/joblib/rooms//tasks/${ROTATE}`, 'NotFound'],
  ] as const)('%s: 401, and then what it is', async (_, method, path, problem) => {
    expectProblem(await send(null, method, path, '{}'), 'Unauthorized');
    expectProblem(await send('eve', method, path, '{}'), problem);
  });

  it.each([
    ['an unknown address', 'POST', '/v1/joblib/nowhere'],
    ['a known one with another method', 'PUT', '/v1/joblib/tasks/claim'],
  ])('%s: a body that is too large comes before everything but 401', async (_, method, path) => {
    expectProblem(await send(null, method, path, TOO_LARGE), 'Unauthorized');
    expectProblem(await send('eve', method, path, TOO_LARGE), 'PayloadTooLarge');
  });

  it('submitting: a malformed key is wrong shape, a key’s other payload and the schema come after the room and the job, state comes last', async () => {
    const submit = (room: string, job: string, payload: unknown, key?: string) =>
      scene.sue.submit(room, job, payload, key === undefined ? {} : { 'idempotency-key': key });
    expectProblem(await submit('a:b', 'none', {}, 'ü'), 'ValidationError', ['Idempotency-Key']);
    expectProblem(await submit('a:b', 'none', { angle: 'x' }, 'k'), 'InvalidRoomId');
    expectProblem(await submit('locked', 'none', { angle: 'x' }, 'k'), 'RoomLocked');
    expectProblem(await submit('lab', 'none', { angle: 'x' }, 'k'), 'JobNotFound');
    bodyOf(202, await submit('lab', ROTATE, {}, 'k'));
    scene.server.clock.advance(61);
    expectProblem(await submit('lab', ROTATE, { angle: 'x' }), 'PayloadInvalid', ['/payload/angle']);
    expectProblem(await submit('lab', ROTATE, { angle: 'x' }, 'k'), 'IdempotencyMismatch');
    expectProblem(await submit('lab', ROTATE, {}), 'NoWorkersAvailable');
    expect((await submit('lab', ROTATE, {}, 'k')).status).toBe(200);
    await scene.ann.heartbeat('ann');
  });

  it('reporting many: the shape of all comes before the fate of each', async () => {
    const { id } = await scene.aClaimedTask();
    const before = await scene.contents();
    const updates = [
      { id, status: 'running' },
      { id: NOBODY, status: 'running' },
      { id, status: 'done' },
    ];
    expectProblem(await scene.ann.call('PATCH', '/tasks', { updates }), 'ValidationError', ['/updates/2/status']);
    expect(await scene.contents()).toEqual(before);
    const fates = async (by: typeof scene.ann): Promise<unknown> => {
      const statuses = ['pending', 'completed'].flatMap((status) => [
        { id: NOBODY, status },
        { id, status },
      ]);
      const { items } = bodyOf(200, await by.call<{ items: { status: number }[] }>('PATCH', '/tasks', { updates: statuses }));
      return items.map(({ status }) => status);
    };
    expect(await fates(scene.eve)).toEqual([404, 403, 404, 403]);
    expect(await fates(scene.ann)).toEqual([404, 409, 404, 409]);
  });

  it('lists: the page is shape, the room comes next, the job last', async () => {
    for (const path of ['/rooms/a:b/jobs/none/tasks', '/rooms/a:b/tasks', '/rooms/a:b/jobs', '/rooms/a:b/workers']) {
      expectProblem(await send(null, 'GET', `/v1/joblib${path}?limit=x`), 'Unauthorized');
      expectProblem(await send('eve', 'GET', `/v1/joblib${path}?limit=x&offset=x`), 'ValidationError', ['?limit']);
      expectProblem(await send('eve', 'GET', `/v1/joblib${path}`), 'InvalidRoomId');
    }
    expectProblem(await send('eve', 'GET', '/v1/joblib/rooms/lab/jobs/none/tasks'), 'JobNotFound');
  });

  it('removing: a worker that is not there comes before one that is another’s', async () => {
    const worker = await scene.aWorker();
    expectProblem(await send(null, 'DELETE', `/v1/joblib/workers/${worker}`), 'Unauthorized');
    expectProblem(await send('eve', 'DELETE', `/v1/joblib/workers/${NOBODY}`), 'WorkerNotFound');
    expectProblem(await send('eve', 'DELETE', `/v1/joblib/workers/${worker}`), 'Forbidden');
    expect((await send('ann', 'DELETE', `/v1/joblib/workers/${worker}`)).status).toBe(204);
  });
});
