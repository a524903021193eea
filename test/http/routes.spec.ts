import type { FastifyInstance } from 'fastify';
import { BASE_PATH, ROUTES } from '@joblib/contract';
import type { OperationId, ProblemName, Route } from '@joblib/contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { FakeServices } from '../support/fake-services.js';
import { aStoredDelivery } from '../support/stored-delivery.js';
import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import type { RawAnswer } from './raw-request.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

/** How a route answers to what every client may do wrong. */
interface Manners {
  readonly body?: unknown;
  /** For somebody who has no right to the worker, task, provider, delivery or service in the address. */
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
  listPlugins: { foreign: 200 },
  listDeliveries: { foreign: 200, unknown: 'PluginNotFound' },
  retryDelivery: { foreign: 403, unknown: 'DeliveryNotFound' },
  listServices: { foreign: 200 },
  startService: { foreign: 403, unknown: 'ServiceNotFound' },
  stopService: { foreign: 403, unknown: 'ServiceNotFound' },
  restartService: { foreign: 403, unknown: 'ServiceNotFound' },
  resetService: { foreign: 403, unknown: 'ServiceNotFound' },
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
const inRoom = table.filter(({ path }) => path.includes('{room_id}'));
const ofSomething = table.filter(({ path }) => /\{(?!room_id)\w+\}/.test(path));

/** Nothing is served there, and every method is taken, to refuse it. */
const REFUSALS = [BASE_PATH, `${BASE_PATH}*`, `${BASE_PATH}/*`];

describe('the routes of the contract', () => {
  let scene: Scene;
  let registered: readonly string[];
  let task: string;
  /** What stands in an address for each parameter, encoded. */
  let known: (path: string) => string;

  beforeAll(async () => {
    scene = await Scene.start({ services: new FakeServices({ web: {} }).supervisor });
    registered = registeredRoutes(scene.server.app.getHttpAdapter().getInstance());
    const worker = (await scene.aJob()).worker_id;
    task = (await scene.aClaimedTask()).id;
    const body = { category: 'filesystem', name: 'local' };
    const provider = bodyOf(201, await scene.ann.call<{ id: string }>('PUT', '/rooms/lab/providers', body)).id;
    const delivery = await aStoredDelivery(scene.server);
    known = (path) =>
      filled(path, {
        room_id: 'lab',
        worker_id: worker,
        task_id: task,
        provider_id: provider,
        plugin_name: delivery.plugin,
        delivery_id: delivery.id,
        service_name: 'web',
        full_name: path.includes('/providers/') ? 'lab:filesystem:local' : ROTATE,
      });
  });
  afterAll(() => scene.close());

  function send(method: string, path: string, authorization: string | null, body?: unknown): Promise<RawAnswer> {
    const headers = {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return rawRequest(scene.server.origin, { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  function expectUnauthorized(answer: RawAnswer): void {
    expectProblem(answer, 'Unauthorized');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  }

  // Health, metrics and the documents are the service's own; its tests have them.
  const promised = ROUTES.filter(({ path }) => path.startsWith('/v1/')).map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
  );

  it('are all registered', () => {
    expect(promised.length).toBeGreaterThan(15);
    expect(promised.filter((route) => !registered.includes(route))).toEqual([]);
  });

  it('are all that is registered, but for what only refuses, and that only to those who have a token', async () => {
    const refused: string[] = [];
    for (const route of registered.filter((each) => !promised.includes(each))) {
      const [method = '', pattern = ''] = route.split(' ');
      const path = pattern.replace('*', '/nowhere');
      expectUnauthorized(await send(method, path, null));
      const answer = await send(method, path, 'Bearer root');
      if (REFUSALS.includes(pattern)) {
        expectProblem(answer, 'NotFound');
      } else {
        expectProblem(answer, 'MethodNotAllowed');
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
        refused.push(pattern);
      }
    }
    expect([...new Set(refused)]).toEqual(['/v1/me']);
  });

  it('answer a method that nothing knows with 404 or 405, and never with an answer', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'OPTIONS']) {
      const { status } = await send(method, `${BASE_PATH}/workers`, 'Bearer root');
      expect([404, 405]).toContain(status);
    }
  });

  it('have a row each in the table above, where they need a token', () => {
    const names = ROUTES.map(({ operationId }) => operationId).filter((name) => !PUBLIC.includes(name));
    expect(Object.keys(MANNERS).sort()).toEqual([...names].sort());
  });

  describe.each(table)('$method $path', ({ method, path, body, foreign, unknown, problems }) => {
    it('answers 401 without a token, to what is there and what is not, and changes nothing', async () => {
      const before = await scene.contents();
      for (const authorization of [null, '']) expectUnauthorized(await send(method, known(path), authorization, body));
      expectUnauthorized(await send(method, path.replaceAll(/\{\w+\}/g, 'x'), null));
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

    it('lists in the contract whatever it refuses with here', () => {
      const refusals = [
        'Unauthorized',
        ...(foreign === 403 ? ['Forbidden'] : []),
        ...(unknown ? [unknown] : []),
        ...(path.includes('{room_id}') ? ['InvalidRoomId'] : []),
      ];
      expect(problems).toEqual(expect.arrayContaining(refusals));
    });
  });

  it.each(inRoom)('$method $path answers 400 for a room that is none', async ({ method, path, body }) => {
    expectProblem(await send(method, known(path.replace('{room_id}', 'a:b')), 'Bearer ann', body), 'InvalidRoomId');
  });

  it.each(ofSomething)('$method $path answers 404 for what nothing has, UUID or not', async ({ method, path, body, unknown }) => {
    if (unknown === undefined) throw new Error('The table above does not say what is unknown.');
    for (const id of [NOBODY, 'none', '0', `${NOBODY}0`, NOBODY.replaceAll('-', ''), 'undefined', '😀', "' OR 1=1"]) {
      const things = { worker_id: id, task_id: id, provider_id: id, plugin_name: id, delivery_id: id, service_name: id };
      const ids = { ...things, full_name: `lab:modifiers:${id}` };
      for (const user of ['ann', 'root'])
        expectProblem(await send(method, filled(path, { room_id: 'lab', ...ids }), `Bearer ${user}`, body), unknown);
    }
  });

  it('leave the server as useful as before', async () => {
    expect((await scene.ann.report(task, 'running')).status).toBe(200);
    expect((await scene.ann.report(task, 'completed')).status).toBe(200);
  });
});

/** The path with its parameters replaced. */
function filled(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`Nothing is known to stand for '${name}'.`);
    return encodeURIComponent(value);
  });
}

/** `/tasks/claim` is an address of its own and one of `/tasks/{task_id}` as well. */
function sameAddress(left: string, right: string): boolean {
  const [ours, theirs] = [left.split('/'), right.split('/')];
  return (
    ours.length === theirs.length &&
    ours.every((part, index) => part === theirs[index] || part.startsWith('{') || theirs[index]?.startsWith('{'))
  );
}

/** "METHOD /path" of everything that the router of this server knows, parameters as `{}`. `HEAD` comes with `GET`. */
function registeredRoutes(server: FastifyInstance): readonly string[] {
  // One line of the router's own picture of itself: "│   ├── /workers (POST, GET, HEAD)".
  const branch = /^((?:[│ ] {3})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/;
  const routes: string[] = [];
  const ancestors: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    if (line === '') continue;
    const [, indent, segment, methods = ''] = branch.exec(line) ?? [];
    if (indent === undefined || segment === undefined) throw new Error(`No branch of a tree of routes: '${line}'`);
    const path = ancestors.slice(0, indent.length / 4).join('') + segment;
    ancestors.splice(indent.length / 4, Infinity, segment);
    for (const method of methods.split(', '))
      if (method !== '' && method !== 'HEAD') routes.push(`${method} ${path.replaceAll(/:\w+/g, '{}')}`);
  }
  return routes;
}
