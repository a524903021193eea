import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';

let server: JoblibApp;
let user: JoblibUser;

beforeAll(async () => {
  server = await startJoblib();
  user = new JoblibUser(server.origin, 'ada');
});
afterAll(() => server.close());

// The package's requests are models whose field is called `schema_` because `schema` is taken, and it sends them by field name.
describe.each([
  ['jobs', ''],
  ['providers', '/info'],
] as const)('a schema that is called `schema_`, as by the Python package, of %s', (kind, suffix) => {
  const register = (name: string, body: Record<string, unknown>) =>
    user.call<{ schema: unknown }>('PUT', `/rooms/lab/${kind}`, { category: 'modifiers', name, ...body });

  it('is the schema', async () => {
    const schema = { type: 'object', properties: { angle: { type: 'number' } } };
    expect(await register('Rotate', { schema_: schema })).toMatchObject({ status: 201, body: { schema } });
    const { body } = await user.call('GET', `/rooms/lab/${kind}/lab:modifiers:Rotate${suffix}`);
    expect(body).toMatchObject({ schema });
    expect(body).not.toHaveProperty('schema_');
  });

  it('is checked like one', async () => {
    expect(await register('Wrong', { schema_: { minLength: 'a' } })).toMatchObject({ status: 422 });
    expect(await register('Wrong', { schema_: 'object' })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/schema_' }] } });
  });

  it('steps back behind `schema`, and is what counts beside none', async () => {
    expect(await register('Both', { schema: { title: 'a' }, schema_: { title: 'b' } })).toMatchObject({ body: { schema: { title: 'a' } } });
    expect(await register('One', { schema: null, schema_: { title: 'b' } })).toMatchObject({ body: { schema: { title: 'b' } } });
    expect(await register('None', { schema: null, schema_: null })).toMatchObject({ body: { schema: {} } });
  });
});

describe('a job whose schema is called `schema_`', () => {
  it('is the same job under either spelling, and another one with another schema', async () => {
    const register = (body: Record<string, unknown>) =>
      user.call('PUT', '/rooms/lab/jobs', { category: 'modifiers', name: 'Bend', ...body });
    expect((await register({ schema: { maximum: 1 } })).status).toBe(201);
    expect((await register({ schema_: { maximum: 1.0 } })).status).toBe(200);
    expect((await register({ schema_: { maximum: 2 } })).status).toBe(409);
  });

  it('keeps its numbers', async () => {
    const text = '{"category":"modifiers","name":"Exact","schema_":{"maximum":12345678901234567890}}';
    const answer = await fetch(`${server.origin}/v1/joblib/rooms/lab/jobs`, {
      method: 'PUT',
      headers: { authorization: 'Bearer ada', 'content-type': 'application/json' },
      body: text,
    });
    expect(await answer.text()).toContain('"maximum":12345678901234567890}');
  });
});
