import type { FastifyInstance } from 'fastify';
import { BASE_PATH, ROUTES } from '@joblib/contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import { Scene } from './scene.js';

/** One line of the router's own picture of itself: "│   ├── /workers (POST, GET, HEAD)". */
const BRANCH = /^((?:[│ ] {3})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/;

/** "METHOD /path" of everything that the router of this server knows, parameters as `{}`. `HEAD` comes with `GET`. */
function registeredRoutes(server: FastifyInstance): string[] {
  const routes: string[] = [];
  const ancestors: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    if (line === '') continue;
    const [, indent, segment, methods = ''] = BRANCH.exec(line) ?? [];
    if (indent === undefined || segment === undefined) throw new Error(`No branch of a tree of routes: '${line}'`);
    const path = ancestors.slice(0, indent.length / 4).join('') + segment;
    ancestors.splice(indent.length / 4, Infinity, segment);
    for (const method of methods.split(', '))
      if (method !== '' && method !== 'HEAD') routes.push(`${method} ${path.replaceAll(/:\w+/g, '{}')}`);
  }
  return routes;
}

/** Every method of these addresses is taken, to refuse it. */
const REFUSALS = [BASE_PATH, `${BASE_PATH}*`, `${BASE_PATH}/*`];

describe('the routes of the contract', () => {
  let scene: Scene;
  let registered: string[];
  beforeAll(async () => {
    scene = await Scene.start();
    registered = registeredRoutes(scene.server.app.getHttpAdapter().getInstance());
  });
  afterAll(() => scene.close());

  // Health, metrics and the documents are the service's own; its tests have them.
  const promised = ROUTES.filter(({ path }) => path.startsWith('/v1/')).map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
  );

  it('are all registered', () => {
    expect(promised.length).toBeGreaterThan(15);
    expect(promised.filter((route) => !registered.includes(route))).toEqual([]);
  });

  it('are all that is registered, but for what only refuses', async () => {
    const others = registered.filter((route) => !promised.includes(route));
    const refused: string[] = [];
    for (const route of others) {
      const [method = '', path = ''] = route.split(' ');
      const answer = await rawRequest(scene.server.origin, {
        method,
        path: path.replace('*', '/nowhere'),
        headers: { authorization: 'Bearer root' },
      });
      if (!REFUSALS.includes(path)) {
        expectProblem(answer, 'MethodNotAllowed');
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
        refused.push(path);
      } else {
        expectProblem(answer, 'NotFound');
      }
    }
    expect([...new Set(refused)]).toEqual(['/v1/me']);
  });

  it('need a token in every method and at every address below the base path, served or not', async () => {
    for (const route of registered.filter((each) => !each.includes(' /v1/problems'))) {
      const [method = '', pattern = ''] = route.split(' ');
      const path = pattern.replaceAll('{}', 'x').replace('*', '/nowhere');
      const answer = await rawRequest(scene.server.origin, { method, path });
      expectProblem(answer, 'Unauthorized');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('answer a method that nothing knows with 404 or 405, and never with an answer', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'OPTIONS']) {
      const { status } = await rawRequest(scene.server.origin, {
        method,
        path: `${BASE_PATH}/workers`,
        headers: { authorization: 'Bearer root' },
      });
      expect([404, 405]).toContain(status);
    }
  });
});
