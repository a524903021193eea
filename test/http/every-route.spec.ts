import { ROUTES } from '@joblib/contract';
import type { OperationId, ProblemName, Route } from '@joblib/contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

/** How a route answers to what every client may do wrong. */
interface Manners {
  readonly body?: unknown;
  /** For somebody who has no right to the worker, task or provider in the address. */
  readonly foreign: number;
  /** For an id or a name that nothing has. */
  readonly unknown?: ProblemName;
}

const MANNERS: Partial<Record<OperationId, Manners>> = {
  getMe: { foreign: 200 },
  registerJob: { body: { category: 'modifiers', name: 'Rotate' }, foreign: 200 },
  listJobs: { foreign: 200 },
  getJob: { foreign: 200, unknown: 'JobNotFound' },
  submitTask: { body: {}, foreign: 202, unknown: 'JobNotFound' },
  submitTasks: { body: { payloads: [{}] }, foreign: 202, unknown: 'JobNotFound' },
  claimTask: { body: {}, foreign: 200 },
  reportTask: { body: { status: 'running' }, foreign: 403, unknown: 'TaskNotFound' },
  reportTasks: { body: { updates: [{ id: NOBODY, status: 'running' }] }, foreign: 200 },
  getTask: { foreign: 200, unknown: 'TaskNotFound' },
  listRoomTasks: { foreign: 200 },
  listJobTasks: { foreign: 200, unknown: 'JobNotFound' },
  registerWorker: { foreign: 201 },
  sendHeartbeat: { foreign: 403, unknown: 'WorkerNotFound' },
  listWorkers: { foreign: 200 },
  listRoomWorkers: { foreign: 200 },
  removeWorker: { foreign: 403, unknown: 'WorkerNotFound' },
  registerProvider: { body: { category: 'filesystem', name: 'local' }, foreign: 403 },
  listProviders: { foreign: 200 },
  getProvider: { foreign: 200, unknown: 'ProviderNotFound' },
  readProvider: { foreign: 202, unknown: 'ProviderNotFound' },
  uploadProviderResult: { body: { request_hash: 'hash', data: 1 }, foreign: 403, unknown: 'ProviderNotFound' },
  removeProvider: { foreign: 403, unknown: 'ProviderNotFound' },
};

const PUBLIC: readonly OperationId[] = [
  'listProblemPages',
  'getProblemPage',
  'getLiveness',
  'getReadiness',
  'getMetrics',
  'getDocsPage',
  'getOpenApi',
];

const table = ROUTES.filter(({ operationId }) => operationId in MANNERS).map((route: Route) => ({
  ...route,
  ...(MANNERS[route.operationId as OperationId] as Manners),
}));

describe('every route that needs a token', () => {
  let scene: Scene;
  let worker: string;
  let task: string;
  let provider: string;

  beforeAll(async () => {
    scene = await Scene.start();
    worker = (await scene.aJob()).worker_id;
    task = (await scene.aClaimedTask()).id;
    const body = { category: 'filesystem', name: 'local' };
    provider = bodyOf(201, await scene.ann.call<{ id: string }>('PUT', '/rooms/lab/providers', body)).id;
  });
  afterAll(() => scene.close());

  const address = (path: string, ids: { worker: string; task: string; provider: string; fullName: string }) =>
    path
      .replace('{room_id}', 'lab')
      .replace('{worker_id}', ids.worker)
      .replace('{task_id}', ids.task)
      .replace('{provider_id}', ids.provider)
      .replace('{full_name}', encodeURIComponent(ids.fullName));

  const known = (path: string) =>
    address(path, { worker, task, provider, fullName: path.includes('/providers/') ? 'lab:filesystem:local' : ROTATE });

  function send(method: string, path: string, authorization: string | null, body?: unknown) {
    const headers = {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return rawRequest(scene.server.origin, { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  it('is in the table below', () => {
    const names = ROUTES.map(({ operationId }) => operationId).filter((name) => !PUBLIC.includes(name));
    expect(Object.keys(MANNERS).sort()).toEqual([...names].sort());
  });

  describe.each(table)('$method $path', ({ method, path, body, foreign, unknown, problems }) => {
    it('answers 401 without a token, and changes nothing', async () => {
      const before = await scene.contents();
      for (const authorization of [null, '']) {
        const answer = await send(method, known(path), authorization, body);
        expectProblem(answer, 'Unauthorized');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
      expect(await scene.contents()).toEqual(before);
    });

    it(`answers somebody else ${foreign}`, async () => {
      const before = await scene.contents();
      const answer = await send(method, known(path), 'Bearer eve', body);
      expect(answer.status).toBe(foreign);
      if (foreign !== 403) return;
      expectProblem(answer, 'Forbidden');
      expect(await scene.contents()).toEqual(before);
    });

    it('answers 404 for what nothing has, UUID or not', async () => {
      if (unknown === undefined) {
        expect(path).not.toMatch(/\{(task_id|worker_id|provider_id|full_name)\}/);
        return;
      }
      for (const id of [NOBODY, 'none', '0', `${NOBODY}0`, NOBODY.replaceAll('-', ''), 'undefined', '😀', "' OR 1=1"]) {
        const unknownAddress = address(path, {
          worker: encodeURIComponent(id),
          task: encodeURIComponent(id),
          provider: encodeURIComponent(id),
          fullName: `lab:modifiers:${id}`,
        });
        for (const user of ['ann', 'root']) expectProblem(await send(method, unknownAddress, `Bearer ${user}`, body), unknown);
      }
    });

    it('answers 400 or 404 for a room that is none', async () => {
      if (!path.includes('{room_id}')) return;
      const answer = await send(method, known(path.replace('{room_id}', 'a:b')), 'Bearer ann', body);
      expectProblem(answer, 'InvalidRoomId');
    });

    it('lists in the contract whatever it refused with above', () => {
      const refusals = [
        'Unauthorized',
        ...(foreign === 403 ? ['Forbidden'] : []),
        ...(unknown ? [unknown] : []),
        ...(path.includes('{room_id}') ? ['InvalidRoomId'] : []),
      ];
      expect(problems).toEqual(expect.arrayContaining(refusals));
    });

    it('answers 405 with the methods that it has for another method', async () => {
      const others = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'].filter(
        (other) => !ROUTES.some((route) => route.method === other && sameAddress(route.path, path)),
      );
      for (const other of others) {
        const answer = await send(other, known(path), 'Bearer ann');
        expectProblem(answer, 'MethodNotAllowed');
        expect(answer.headers.get('allow')?.split(', ')).toContain(method);
        expect(answer.headers.get('allow')?.split(', ')).not.toContain(other);
        expectProblem(await send(other, known(path), null), 'Unauthorized');
      }
    });
  });

  it('leaves the server as useful as before', async () => {
    expect((await scene.ann.report(task, 'running')).status).toBe(200);
    expect((await scene.ann.report(task, 'completed')).status).toBe(200);
  });
});

/** `/tasks/claim` is an address of its own and one of `/tasks/{task_id}` as well. */
function sameAddress(left: string, right: string): boolean {
  const [ours, theirs] = [left.split('/'), right.split('/')];
  return (
    ours.length === theirs.length &&
    ours.every((part, index) => part === theirs[index] || part.startsWith('{') || theirs[index]?.startsWith('{'))
  );
}
