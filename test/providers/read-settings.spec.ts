import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from '../http/expectations.js';
import { bodyOf } from '../http/scene.js';
import { FILES, ProviderScene } from './provider-scene.js';

describe('a read without Prefer', () => {
  it('is held when the settings say so, and does not claim that a preference was applied', async () => {
    const scene = await ProviderScene.start({ settings: { providerLongPollDefaultSeconds: 15 } });
    try {
      const { id } = await scene.aProvider();
      const read = scene.sue.read();
      const { request_id } = await scene.request();
      await scene.ann.upload(id, request_id, '1');
      const answer = await read;
      expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, null]);
      expectProblem(await scene.sue.read('?n=1', { prefer: 'wait=0' }), 'ProviderTimeout');
    } finally {
      await scene.close();
    }
  });
});

describe('a read of a server that stops', () => {
  it('is answered 202', async () => {
    const scene = await ProviderScene.start();
    await scene.aProvider();
    const read = scene.sue.read('', { prefer: 'wait=15' });
    await scene.held(1);
    const closing = scene.close();
    expect(bodyOf(202, await read)).toMatchObject({ status: 'pending', provider_name: FILES });
    await closing;
  });
});

describe('read parameters, with payload validation', () => {
  let scene: ProviderScene;

  const SCHEMA = {
    $defs: { Mode: { enum: ['fast', 'slow'] } },
    type: 'object',
    properties: {
      path: { type: 'string' },
      frame: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      mode: { $ref: '#/$defs/Mode' },
      deep: { type: 'boolean' },
      only: { type: 'array', items: { type: 'integer' } },
    },
    required: ['path'],
  };

  beforeAll(async () => {
    scene = await ProviderScene.start({ settings: { payloadValidation: true } });
    await scene.aProvider(FILES, { schema: SCHEMA });
  });
  afterAll(() => scene.close());

  it.each(['?path=x', '?path=5&frame=5', '?path=x&frame=null', '?path=x&deep=true&mode=slow', '?path=x&only=[1,2]', '?path=x&other=1'])(
    'may be %s',
    async (query) => {
      expect((await scene.sue.read(query)).status).toBe(202);
    },
  );

  it.each([
    ['', '?'],
    ['?path=x&frame=1.5', '?frame'],
    ['?path=x&frame=two', '?frame'],
    ['?path=x&mode=medium', '?mode'],
    ['?path=x&deep=yes', '?deep'],
    ['?path=x&only=[1,"a"]', '?only/1'],
  ])('may not be %j', async (query, pointer) => {
    const before = scene.requests.length;
    const answer = await scene.sue.read(query, { prefer: 'wait=15' });
    expect([answer.status, (answer.body as { type: string }).type]).toEqual([422, '/v1/problems/payload-invalid']);
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((error) => error.pointer)).toContain(pointer);
    expect(scene.requests).toHaveLength(before);
  });
});
