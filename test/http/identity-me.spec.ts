import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectJson, expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import { Scene } from './scene.js';

describe('GET /v1/me', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());

  const me = (headers: Record<string, string>, path = '/v1/me') => rawRequest(scene.server.origin, { path, headers });

  it.each([
    ['ann', false],
    ['root', true],
    ['läb 😀'.normalize(), false],
  ])('tells %s who they are', async (name, isSuperuser) => {
    const token = Buffer.from(name, 'utf8').toString('latin1');
    const { status, body } = await me({ authorization: `Bearer ${token}` });
    expect([status, Object.keys(body as object), (body as { is_superuser: boolean }).is_superuser]).toEqual([
      200,
      ['id', 'is_superuser'],
      isSuperuser,
    ]);
  });

  it('answers exactly the id and whether it is a superuser', async () => {
    expectJson(await me({ authorization: 'Bearer ann' }), 200, { id: 'ann', is_superuser: false });
  });

  it('refuses whoever brings no token, and says what to bring', async () => {
    for (const headers of [{}, { authorization: '' }] as Record<string, string>[]) {
      const answer = await me(headers);
      expectProblem(answer, 'Unauthorized');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('is not served below the base path', async () => {
    expectProblem(await me({ authorization: 'Bearer ann' }, '/v1/joblib/me'), 'NotFound');
  });
});
