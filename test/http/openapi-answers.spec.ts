import type { OperationId, ProblemName, Route } from '@joblib/contract';
import { ProblemError, ROUTES, openApiDocument } from '@joblib/contract';
import { ROOM_GUARD, ROOM_READ_GUARD } from '@joblib/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PluginManager } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin } from '@joblib/plugins/testing';

import { FakeServices } from '../support/fake-services.js';
import { aStoredDelivery } from '../support/stored-delivery.js';
import { pollsHeld } from '../support/until.js';
import { CheckedClient } from './checked-client.js';
import type { Json } from './checked-client.js';
import { NOBODY, Scene } from './scene.js';

/** Refusals that this story does not bring about: they need a broken database or server, which tests of their own break. */
const ELSEWHERE: readonly ProblemName[] = ['DatabaseUnavailable', 'ResultBackendUnavailable', 'InternalError'];

describe('what the server answers is what the OpenAPI document says', () => {
  const locked = async (roomId: string): Promise<void> => {
    if (roomId === 'locked') throw new ProblemError('RoomLocked', 'It is locked.');
    if (roomId === 'foreign') throw new ProblemError('Forbidden', 'It is not yours.');
  };
  let scene: Scene;
  const plugins = new PluginManager({ logger: new RecordingLogger(), discover: false });
  const services = new FakeServices({ web: { requires: ['db'] }, db: {} });
  let client: CheckedClient;
  let worker: string;

  beforeAll(async () => {
    await plugins.registerPlugin(new RecordingPlugin('chat', 'reports'));
    scene = await Scene.start({
      plugins,
      services: services.supervisor,
      settings: {
        maxBodyBytes: 10_000,
        providerResultMaxBytes: 10_000,
        allowedProviderCategories: ['filesystem'],
        payloadValidation: true,
        requireConnectedWorker: true,
      },
      overrides: [
        { provide: ROOM_GUARD, useValue: { assertWritable: locked } },
        {
          provide: ROOM_READ_GUARD,
          useValue: { assertReadable: async (roomId: string) => (roomId === 'foreign' ? locked(roomId) : undefined) },
        },
      ],
    });
    client = new CheckedClient(scene.server.origin);
  });
  afterAll(async () => {
    await scene.close();
    await plugins.close();
  });

  const ROOM_READS = ['listJobs', 'getJob', 'listRoomTasks', 'listJobTasks', 'listRoomWorkers'] as const;
  const BODY = { category: 'modifiers', name: 'Rotate', schema: { type: 'object', properties: { angle: { type: 'number' } } } };

  const expectAnswer: CheckedClient['call'] = (...of) => client.call(...of);

  it('for everybody, and for somebody', async () => {
    await expectAnswer('getMe', 200);
    await expectAnswer('getMe', 401, { by: null });
    await expectAnswer('listProblemPages', 200, { by: null });
    await expectAnswer('listProblemPages', 200, { by: null, headers: { accept: 'text/html' } });
    await expectAnswer('getProblemPage', 200, { by: null, problem: 'room-locked' });
    await expectAnswer('getProblemPage', 200, { by: null, problem: 'room-locked', headers: { accept: 'text/html' } });
    await expectAnswer('getProblemPage', 404, { by: null, problem: 'none' });
  });

  it('about workers', async () => {
    const { id } = await expectAnswer('registerWorker', 201, { by: 'ann' });
    worker = String(id);
    await expectAnswer('sendHeartbeat', 200, { by: 'ann', worker });
    await expectAnswer('sendHeartbeat', 403, { worker });
    await expectAnswer('sendHeartbeat', 404);
    await expectAnswer('listWorkers', 200);
    await expectAnswer('listWorkers', 422, { query: '?limit=501' });
    await expectAnswer('removeWorker', 403, { worker });
    await expectAnswer('removeWorker', 404);
    const { id: another } = await expectAnswer('registerWorker', 201, { by: 'ann' });
    await expectAnswer('removeWorker', 204, { by: 'ann', worker: String(another) });
  });

  it('about all workers of the caller, whose id is no UUID', async () => {
    await expectAnswer('sendHeartbeat', 200, { by: 'ann', worker: 'ann' });
  });

  it('about jobs', async () => {
    await expectAnswer('registerJob', 201, { by: 'ann', body: { ...BODY, worker_id: worker } });
    await expectAnswer('registerJob', 200, { by: 'ann', body: { ...BODY, worker_id: worker } });
    await expectAnswer('registerJob', 201, { by: 'root', room: '@global', body: { ...BODY, schema: null } });
    await expectAnswer('registerJob', 201, { by: 'root', room: '@internal', body: BODY });
    await expectAnswer('registerJob', 409, { by: 'ann', body: { ...BODY, schema: {} } });
    await expectAnswer('registerJob', 404, { by: 'ann', body: { ...BODY, worker_id: NOBODY } });
    await expectAnswer('registerJob', 400, { by: 'ann', body: { ...BODY, category: 'magic' } });
    await expectAnswer('registerJob', 403, { by: 'ann', room: '@global', body: BODY });
    await expectAnswer('registerJob', 423, { by: 'ann', room: 'locked', body: BODY });
    await expectAnswer('registerJob', 422, { by: 'ann', body: { ...BODY, schema: { type: 5 } } });
    await expectAnswer('getJob', 200);
    await expectAnswer('getJob', 404, { job: 'none' });
    await expectAnswer('listJobs', 200);
    await expectAnswer('listJobs', 422, { query: '?offset=-1' });
    await expectAnswer('listRoomWorkers', 200);
    await expectAnswer('listRoomWorkers', 422, { query: '?limit=x' });
  });

  it('about submissions', async () => {
    const key = { 'idempotency-key': 'story' };
    await expectAnswer('submitTask', 202, { body: { payload: { angle: 1, deep: [{ a: null }] } } });
    await expectAnswer('submitTask', 202, { body: { payload: {} }, headers: key });
    await expectAnswer('submitTask', 422, { body: { payload: { angle: 2 } }, headers: key });
    await expectAnswer('submitTask', 422, { body: { payload: { angle: 'right' } } });
    await expectAnswer('submitTask', 422, { body: { payload: [] } });
    await expectAnswer('submitTask', 404, { job: 'lab:modifiers:None' });
    await expectAnswer('submitTask', 423, { room: 'locked' });
    await expectAnswer('submitTask', 403, { room: 'foreign' });
    await expectAnswer('submitTask', 503, { job: '@internal:modifiers:Rotate' });
    const batchKey = { 'idempotency-key': 'batch' };
    const payloads = [{}, { angle: 1 }];
    await expectAnswer('submitTasks', 202, { body: { payloads }, headers: batchKey });
    await expectAnswer('submitTasks', 200, { body: { payloads }, headers: batchKey });
    await expectAnswer('submitTasks', 422, { body: { payloads: [{}] }, headers: batchKey });
    await expectAnswer('submitTasks', 422, { body: { payloads: [{ angle: 'x' }] } });
    await expectAnswer('submitTasks', 422, { body: { payloads: [] } });
    await expectAnswer('submitTasks', 404, { job: 'none', body: { payloads } });
    await expectAnswer('submitTasks', 423, { room: 'locked', body: { payloads } });
    await expectAnswer('submitTasks', 403, { room: 'foreign', body: { payloads } });
    await expectAnswer('submitTasks', 503, { job: '@internal:modifiers:Rotate', body: { payloads } });
    scene.server.clock.advance(61);
    await expectAnswer('submitTask', 409);
    await expectAnswer('submitTasks', 409, { body: { payloads } });
    await expectAnswer('sendHeartbeat', 200, { by: 'ann', worker });
  });

  it('about a submission that was sent again', async () => {
    const again = { body: { payload: { angle: 3 } }, headers: { 'idempotency-key': 'again' } };
    await expectAnswer('submitTask', 202, again);
    await expectAnswer('submitTask', 200, again);
  });

  it('about claims and reports', async () => {
    const first = (await expectAnswer('claimTask', 200, { by: 'ann' }))['task'] as Json;
    const task = String(first['id']);
    await expectAnswer('claimTask', 200, { by: 'ann', body: { worker_id: worker, max_tasks: 1 } });
    await expectAnswer('claimTask', 200, { by: 'eve' });
    await expectAnswer('claimTask', 200, { by: 'eve', body: { max_tasks: 100 } });
    await expectAnswer('claimTask', 200, { by: 'eve', headers: { prefer: 'wait=1' } });
    await expectAnswer('claimTask', 404, { by: 'ann', body: { worker_id: NOBODY } });
    await expectAnswer('claimTask', 403, { by: 'eve', body: { worker_id: worker } });
    await expectAnswer('claimTask', 422, { by: 'ann', body: { max_tasks: 0 } });
    await expectAnswer('reportTask', 200, { by: 'ann', task, body: { status: 'running' } });
    await expectAnswer('reportTask', 200, { by: 'ann', task, body: { status: 'running', progress: 0.5 } });
    await expectAnswer('reportTask', 200, {
      by: 'ann',
      task,
      body: { status: 'running', progress: { current: 1, total: 2, message: 'half' } },
    });
    await expectAnswer('reportTask', 409, { by: 'ann', task, body: { status: 'claimed' } });
    await expectAnswer('reportTask', 403, { by: 'eve', task, body: { status: 'completed' } });
    await expectAnswer('reportTask', 404, { by: 'ann', body: { status: 'completed' } });
    await expectAnswer('reportTask', 422, { by: 'ann', task, body: { status: 'done' } });
    const held = expectAnswer('getTask', 200, { task, headers: { prefer: 'wait=60' } });
    await pollsHeld(scene.server, 1);
    const updates = [
      { id: task, status: 'completed', result: { atoms: [1] } },
      { id: task, status: 'failed', error: 'too late' },
      { id: NOBODY, status: 'running' },
      { id: String(((await scene.sue.tasks('lab', '?status=claimed')).body.items[0] ?? {}).id), status: 'failed', error: 'no reason' },
    ];
    const { items } = await expectAnswer('reportTasks', 200, { by: 'ann', body: { updates } });
    expect((items as Json[]).map(({ status }) => status)).toEqual([200, 409, 404, 200]);
    const [foreign] = (await expectAnswer('reportTasks', 200, { by: 'eve', body: { updates: updates.slice(0, 1) } }))['items'] as Json[];
    expect(foreign?.['status']).toBe(403);
    await expectAnswer('reportTasks', 422, { by: 'ann', body: { updates: [{}] } });
    expect(await held).toMatchObject({ status: 'completed', result: { atoms: [1] } });
    await expectAnswer('getTask', 200, { task });
    await expectAnswer('getTask', 404);
  });

  it('about lists of tasks', async () => {
    for (const operation of ['listRoomTasks', 'listJobTasks'] as const) {
      const { items } = await expectAnswer(operation, 200);
      expect(new Set((items as Json[]).map(({ status }) => status))).toEqual(new Set(['pending', 'completed', 'failed']));
      await expectAnswer(operation, 200, { query: '?status=failed&limit=1' });
      await expectAnswer(operation, 422, { query: '?status=done' });
    }
    await expectAnswer('listJobTasks', 404, { job: 'none' });
  });

  it('about rooms that are none, or not the caller’s', async () => {
    for (const operation of [...ROOM_READS, 'listProviders', 'getProvider', 'readProvider'] as const) {
      await expectAnswer(operation, 400, { room: 'a@b' });
      await expectAnswer(operation, 400, { room: '%zz' });
      await expectAnswer(operation, 403, { room: 'foreign' });
    }
    for (const operation of ['registerJob', 'registerProvider', 'submitTask', 'submitTasks'] as const) {
      const body = operation.startsWith('register') ? BODY : { payloads: [{}] };
      await expectAnswer(operation, 400, { room: 'a@b', body });
      await expectAnswer(operation, 400, { room: '%zz', body });
    }
    for (const operation of ['getTask', 'reportTask'] as const) await expectAnswer(operation, 400, { task: '%zz' });
    for (const operation of ['sendHeartbeat', 'removeWorker'] as const) await expectAnswer(operation, 400, { worker: '%zz' });
    for (const operation of ['uploadProviderResult', 'removeProvider'] as const) await expectAnswer(operation, 400, { provider: '%zz' });
    await expectAnswer('getProblemPage', 400, { problem: '%zz' });
    const { id } = (await scene.server.dataSource.query<{ id: string }[]>('SELECT id FROM joblib_task LIMIT 1'))[0] ?? { id: '' };
    await scene.server.dataSource.query(`UPDATE joblib_task SET room_id = 'foreign' WHERE id = '${id}'`);
    await expectAnswer('getTask', 403, { task: id });
  });

  it('about providers', async () => {
    const job = 'lab:filesystem:local';
    const schema = { type: 'object', properties: { frame: { type: 'integer' } } };
    const registration = { category: 'filesystem', name: 'local', schema };
    const { id, worker_id } = await expectAnswer('registerProvider', 201, { by: 'ann', body: registration });
    await expectAnswer('registerProvider', 200, { by: 'ann', body: { ...registration, content_type: null, worker_id } });
    await expectAnswer('registerProvider', 404, { by: 'ann', body: { ...registration, worker_id: NOBODY } });
    await expectAnswer('registerProvider', 403, { body: registration });
    await expectAnswer('registerProvider', 400, { by: 'ann', body: { ...registration, category: 'magic' } });
    await expectAnswer('registerProvider', 423, { by: 'ann', room: 'locked', body: registration });
    await expectAnswer('listProviders', 200);
    await expectAnswer('listProviders', 422, { query: '?limit=x' });
    await expectAnswer('getProvider', 200, { job });
    await expectAnswer('getProvider', 404, { job: 'none' });
    await expectAnswer('readProvider', 404, { job: 'none' });
    await expectAnswer('readProvider', 422, { job, query: '?frame=x' });
    const { request_hash } = await expectAnswer('readProvider', 202, { job });
    await expectAnswer('readProvider', 504, { job, headers: { prefer: 'wait=0' } });
    const provider = String(id);
    const body = { request_hash, data: 12345 };
    await expectAnswer('uploadProviderResult', 204, { by: 'ann', provider, body });
    await expectAnswer('uploadProviderResult', 403, { provider, body });
    await expectAnswer('uploadProviderResult', 404, { provider: NOBODY, body });
    await expectAnswer('readProvider', 200, { job });
    await expectAnswer('readProvider', 206, { job, headers: { range: 'bytes=0-0' } });
    await expectAnswer('readProvider', 304, { job, headers: { 'if-none-match': '*' } });
    await expectAnswer('readProvider', 416, { job, headers: { range: 'bytes=99-' } });
    scene.server.events.publish = () => Promise.reject(new Error('nobody listens'));
    await expectAnswer('readProvider', 503, { job, query: '?frame=1' });
    delete (scene.server.events as Partial<typeof scene.server.events>).publish;
    await expectAnswer('removeProvider', 403, { provider });
    await scene.server.dataSource.query(`UPDATE joblib_provider SET room_id = '@internal' WHERE id = '${provider}'`);
    await expectAnswer('readProvider', 503, { job: '@internal:filesystem:local' });
    await scene.server.dataSource.query(`UPDATE joblib_provider SET room_id = 'lab' WHERE id = '${provider}'`);
    await expectAnswer('removeProvider', 204, { by: 'ann', provider });
    await expectAnswer('removeProvider', 404, { by: 'ann', provider });
  });

  it('about plugins', async () => {
    const { id: delivery } = await aStoredDelivery(scene.server);
    const { items } = await expectAnswer('listPlugins', 200);
    expect(items).toMatchObject([
      { name: 'audit', last_error: null },
      { name: 'chat', last_error: 'Error: busy' },
    ]);
    await expectAnswer('listPlugins', 422, { query: '?offset=x' });
    await expectAnswer('listDeliveries', 200);
    await expectAnswer('listDeliveries', 200, { query: '?status=failed&limit=1' });
    await expectAnswer('listDeliveries', 422, { query: '?status=completed' });
    await expectAnswer('listDeliveries', 404, { plugin: 'none' });
    await expectAnswer('listDeliveries', 400, { plugin: '%zz' });
    await expectAnswer('retryDelivery', 403, { delivery });
    await expectAnswer('retryDelivery', 404, { by: 'root' });
    await expectAnswer('retryDelivery', 400, { plugin: '%zz' });
    const { id: delivered } = await aStoredDelivery(scene.server, { status: 'delivered' });
    await expectAnswer('retryDelivery', 409, { by: 'root', delivery: delivered });
    await expectAnswer('retryDelivery', 202, { by: 'root', delivery });
  });

  it('about services', async () => {
    await expectAnswer('listServices', 422, { query: '?limit=x' });
    expect(await expectAnswer('startService', 202, { by: 'root' })).toMatchObject({ name: 'web', state: 'starting', requires: ['db'] });
    await services.clock.advance(0);
    expect(await expectAnswer('listServices', 200)).toMatchObject({ items: [{ name: 'db' }, { name: 'web', state: 'running' }] });
    for (const operation of ['startService', 'resetService'] as const) await expectAnswer(operation, 409, { by: 'root' });
    services.plugin('web').mood.stop = 'hang';
    await expectAnswer('restartService', 202, { by: 'root' });
    for (const operation of ['restartService', 'stopService'] as const) await expectAnswer(operation, 409, { by: 'root' });
    await services.clock.advance(20);
    await expectAnswer('stopService', 202, { by: 'root' });
    await services.clock.advance(20);
    await expectAnswer('resetService', 202, { by: 'root' });
    for (const operation of ['startService', 'stopService', 'restartService', 'resetService'] as const) {
      await expectAnswer(operation, 403);
      await expectAnswer(operation, 404, { service: 'none' });
      await expectAnswer(operation, 400, { service: '%zz' });
    }
  });

  it('about bodies that are none', async () => {
    const routes: readonly Route[] = ROUTES;
    for (const { operationId } of routes.filter(({ problems }) => problems.includes('MalformedBody'))) {
      const operation = operationId as OperationId;
      await expectAnswer(operation, 400, { body: '{' });
      // A result may have any media type.
      const encoded = { 'content-encoding': 'gzip', 'x-request-hash': 'hash' };
      const headers: Record<string, string> = operation === 'uploadProviderResult' ? encoded : { 'content-type': 'text/plain' };
      await expectAnswer(operation, 415, { body: '{}', headers });
      await expectAnswer(operation, 413, { body: `"${'x'.repeat(10_000)}"` });
      await expectAnswer(operation, 422, { body: '['.repeat(600) + ']'.repeat(600) });
    }
  });

  it('without a token', async () => {
    const routes: readonly Route[] = ROUTES;
    for (const { operationId } of routes.filter(({ problems }) => problems.includes('Unauthorized'))) {
      await expectAnswer(operationId as OperationId, 401, { by: null });
    }
  });

  it('and this story has had every answer that the document knows', () => {
    const known = ROUTES.filter(({ path }) => path.startsWith('/v1/')).flatMap((route: Route) => {
      const responses = openApiDocument.paths[route.path]?.[route.method.toLowerCase() as 'get']?.responses ?? {};
      const good = Object.keys(responses).filter((status) => status < '400');
      return [...good, ...route.problems.filter((name) => !ELSEWHERE.includes(name))].map((answer) => `${route.operationId} ${answer}`);
    });
    expect([...client.seen].sort()).toEqual(known.sort());
  });
});
