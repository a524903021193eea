import { ProblemError, ROUTES } from '@joblib/contract';
import type { ProblemName, Route } from '@joblib/contract';
import { ROOM_GUARD, ROOM_READ_GUARD } from '@joblib/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { FakeServices } from '../support/fake-services.js';
import { aStoredDelivery } from '../support/stored-delivery.js';
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
    .replaceAll(/\{\w+\}/g, NOBODY);

const routes: readonly Route[] = ROUTES;
const withBody = routes.filter(({ problems }) => problems.includes('PayloadTooLarge'));

/** A request that still has the faults of all that come after it. `eve` sends it, unless it says who. */
interface Step {
  readonly problem: ProblemName;
  /** Below the base path. */
  readonly path: string;
  readonly body?: string;
  readonly by?: string;
  /** Of a `ValidationError`. */
  readonly pointers?: readonly string[];
}

const locked = (roomId: string): Promise<void> =>
  roomId === 'locked' ? Promise.reject(new ProblemError('RoomLocked', 'It is locked.')) : Promise.resolve();

describe('of several things that are wrong, the first is told', () => {
  let scene: Scene;
  let anns: string;
  let taskOfAnn: string;
  /** Not yet delivered. */
  let delivery: string;

  beforeAll(async () => {
    scene = await Scene.start({
      services: new FakeServices({ web: {} }).supervisor,
      settings: {
        maxBodyBytes: MAX_BODY_BYTES,
        providerResultMaxBytes: MAX_BODY_BYTES,
        requireConnectedWorker: true,
        payloadValidation: true,
        workerTimeoutSeconds: 60,
      },
      overrides: [
        { provide: ROOM_GUARD, useValue: { assertWritable: locked } },
        { provide: ROOM_READ_GUARD, useValue: { assertReadable: locked } },
      ],
    });
    anns = (await scene.aJob(ROTATE, { schema: { type: 'object', properties: { angle: { type: 'number' } } } })).worker_id;
    taskOfAnn = (await scene.aRunningTask()).id;
    delivery = (await aStoredDelivery(scene.server, { status: 'pending' })).id;
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
        'resetService',
        'restartService',
        'retryDelivery',
        'sendHeartbeat',
        'startService',
        'stopService',
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
    ['an empty segment', 'POST', `/v1/joblib/rooms//tasks/${ROTATE}`],
    ['an empty segment where results are uploaded', 'POST', '/v1/joblib/providers//results'],
  ])('%s: a body that is too large comes before everything but 401', async (_, method, path) => {
    expectProblem(await send(null, method, path, TOO_LARGE), 'Unauthorized');
    expectProblem(await send('eve', method, path, TOO_LARGE), 'PayloadTooLarge');
  });

  // What comes after 400: the shape of what is sent, the room, existence, ownership, state.
  const rotate = '"category":"modifiers","name":"Rotate"';
  const magic = '"category":"magic","name":"x"';
  const sequences: readonly (readonly [name: string, method: string, steps: () => readonly Step[]])[] = [
    [
      'registering: the settings come after the room',
      'PUT',
      () => [
        { problem: 'ValidationError', path: '/rooms/a:b/jobs', body: '{"category":"a:b","name":"x"}', pointers: ['/category'] },
        { problem: 'ValidationError', path: '/rooms/a:b/jobs', body: `{${magic},"schema":{"minimum":"x"}}`, pointers: ['/schema/minimum'] },
        { problem: 'InvalidRoomId', path: '/rooms/a:b/jobs', body: `{${magic}}` },
        { problem: 'Forbidden', path: '/rooms/@global/jobs', body: `{${magic}}` },
        { problem: 'RoomLocked', path: '/rooms/locked/jobs', body: `{${magic}}` },
        { problem: 'InvalidCategory', path: '/rooms/lab/jobs', body: `{${magic},"worker_id":"${anns}"}` },
        { problem: 'WorkerNotFound', path: '/rooms/lab/jobs', body: `{${rotate},"worker_id":"${anns}"}` },
        { problem: 'SchemaConflict', path: '/rooms/lab/jobs', body: `{${rotate}}` },
      ],
    ],
    [
      'submitting: the schema comes after the job',
      'POST',
      () => [
        { problem: 'ValidationError', path: '/rooms/a:b/tasks/none', body: '[]', pointers: [''] },
        { problem: 'ValidationError', path: '/rooms/a:b/tasks/none', body: '{"payload":5}', pointers: ['/payload'] },
        { problem: 'InvalidRoomId', path: '/rooms/a:b/tasks/none', body: '{"payload":{"angle":"x"}}' },
        { problem: 'RoomLocked', path: '/rooms/locked/tasks/none', body: '{"payload":{"angle":"x"}}' },
        { problem: 'JobNotFound', path: '/rooms/lab/tasks/none', body: '{"payload":{"angle":"x"}}' },
        { problem: 'PayloadInvalid', path: `/rooms/lab/tasks/${ROTATE}`, body: '{"payload":{"angle":"x"}}', pointers: ['/payload/angle'] },
      ],
    ],
    [
      'claiming',
      'POST',
      () => [
        { problem: 'ValidationError', path: '/tasks/claim', body: `{"worker_id":"${NOBODY}","max_tasks":0}`, pointers: ['/max_tasks'] },
        { problem: 'WorkerNotFound', path: '/tasks/claim', body: `{"worker_id":"${NOBODY}"}` },
        { problem: 'Forbidden', path: '/tasks/claim', body: `{"worker_id":"${anns}"}` },
      ],
    ],
    [
      'reporting: state comes last',
      'PATCH',
      () => [
        { problem: 'ValidationError', path: `/tasks/${NOBODY}`, body: '[]', pointers: [''] },
        { problem: 'TaskNotFound', path: `/tasks/${NOBODY}`, body: '{"status":"claimed"}' },
        { problem: 'Forbidden', path: `/tasks/${taskOfAnn}`, body: '{"status":"claimed"}' },
        { problem: 'InvalidTaskTransition', path: `/tasks/${taskOfAnn}`, body: '{"status":"pending"}', by: 'ann' },
      ],
    ],
    [
      'beating',
      'PATCH',
      () => [
        { problem: 'WorkerNotFound', path: `/workers/${NOBODY}`, body: '{}' },
        { problem: 'Forbidden', path: `/workers/${anns}`, body: '{}' },
      ],
    ],
    [
      'removing a worker',
      'DELETE',
      () => [
        { problem: 'WorkerNotFound', path: `/workers/${NOBODY}` },
        { problem: 'Forbidden', path: `/workers/${anns}` },
      ],
    ],
    [
      'retrying a delivery: state comes last',
      'POST',
      () => [
        { problem: 'ValidationError', path: `/plugins/none/deliveries/${NOBODY}/retry`, body: TOO_DEEP, pointers: [''] },
        { problem: 'DeliveryNotFound', path: `/plugins/none/deliveries/${delivery}/retry` },
        { problem: 'DeliveryNotFound', path: `/plugins/chat/deliveries/${NOBODY}/retry` },
        { problem: 'Forbidden', path: `/plugins/chat/deliveries/${delivery}/retry` },
        { problem: 'DeliveryNotFailed', path: `/plugins/chat/deliveries/${delivery}/retry`, by: 'root' },
      ],
    ],
    ...['stop', 'reset'].map((verb) => {
      const steps: readonly Step[] = [
        { problem: 'ValidationError', path: `/services/none/${verb}`, body: TOO_DEEP, pointers: [''] },
        { problem: 'ServiceNotFound', path: `/services/none/${verb}` },
        { problem: 'Forbidden', path: `/services/web/${verb}` },
        { problem: 'InvalidServiceState', path: `/services/web/${verb}`, by: 'root' },
      ];
      return [`a ${verb} of a service: state comes last`, 'POST', () => steps] as const;
    }),
    [
      'listing services: the page is shape',
      'GET',
      () => [{ problem: 'ValidationError', path: '/services?offset=x', pointers: ['?offset'] }],
    ],
    [
      'listing deliveries: the page is shape',
      'GET',
      () => [
        { problem: 'ValidationError', path: '/plugins/none/deliveries?limit=x', pointers: ['?limit'] },
        { problem: 'ValidationError', path: '/plugins/none/deliveries?status=completed', pointers: ['?status'] },
        { problem: 'PluginNotFound', path: '/plugins/none/deliveries' },
      ],
    ],
    ...['/rooms/{}/jobs/none/tasks', '/rooms/{}/tasks', '/rooms/{}/jobs', '/rooms/{}/workers'].map((list) => {
      const [invalid, closed] = [list.replace('{}', 'a:b'), list.replace('{}', 'locked')];
      const steps: readonly Step[] = [
        { problem: 'ValidationError', path: `${invalid}?limit=x&offset=x`, pointers: ['?limit'] },
        { problem: 'InvalidRoomId', path: invalid },
        { problem: 'RoomLocked', path: closed },
      ];
      return [`listing ${list}: the page is shape`, 'GET', () => steps] as const;
    }),
    [
      'listing the tasks of a job: the job comes last',
      'GET',
      () => [
        { problem: 'ValidationError', path: '/rooms/a:b/jobs/none/tasks?status=x', pointers: ['?status'] },
        { problem: 'InvalidRoomId', path: '/rooms/a:b/jobs/none/tasks' },
        { problem: 'JobNotFound', path: '/rooms/lab/jobs/none/tasks' },
      ],
    ],
  ];

  it.each(sequences)('%s', async (_, method, makeSteps) => {
    const before = await scene.contents();
    for (const { problem, path, body, by = 'eve', pointers } of makeSteps()) {
      const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      expectProblem(await send(null, method, `/v1/joblib${path}`, body, headers), 'Unauthorized');
      expectProblem(await send(by, method, `/v1/joblib${path}`, body, headers), problem, pointers);
    }
    expect(await scene.contents()).toEqual(before);
  });

  it('submitting with a key: a malformed one is wrong shape, its other payload comes after the schema, state comes last', async () => {
    const submit = (room: string, job: string, payload: unknown, key?: string) =>
      scene.sue.submit(room, job, payload, key === undefined ? {} : { 'idempotency-key': key });
    expectProblem(await submit('a:b', 'none', {}, 'ü'), 'ValidationError', ['Idempotency-Key']);
    bodyOf(202, await submit('lab', ROTATE, {}, 'k'));
    scene.server.clock.advance(61);
    expectProblem(await submit('a:b', 'none', { angle: 'x' }, 'k'), 'InvalidRoomId');
    expectProblem(await submit('locked', 'none', { angle: 'x' }, 'k'), 'RoomLocked');
    expectProblem(await submit('lab', 'none', { angle: 'x' }, 'k'), 'JobNotFound');
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
});
