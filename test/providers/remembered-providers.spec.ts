import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProviderView } from '@joblib/contract';

import { expectProblem } from '../http/expectations.js';
import { bodyOf } from '../http/scene.js';
import { FILES, ProviderScene } from './provider-scene.js';

const ROUNDS = 30;
const TEXT = { content_type: 'text/plain' };

/** What is remembered of a provider must never outlive it, however much is read meanwhile. */
describe('a provider that is read without pause', () => {
  let scene: ProviderScene;

  beforeAll(async () => {
    scene = await ProviderScene.start();
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.removeProviders());

  const info = () => scene.sue.user.call<ProviderView>('GET', `/rooms/lab/providers/${encodeURIComponent(FILES)}/info`);

  /** Does something while eight people read. */
  async function whileRead(work: () => Promise<void>): Promise<void> {
    const over = new AbortController();
    const readers = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) await Promise.all([scene.sue.read('?frame=1'), info()]);
    });
    try {
      await work();
    } finally {
      over.abort();
      await Promise.all(readers);
    }
  }

  it('is the new one for whoever asks after it was registered anew', async () => {
    await scene.aProvider();
    await whileRead(async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const contentType = `application/x-${round}`;
        bodyOf(200, await scene.ann.register(FILES, { content_type: contentType }));
        expect(bodyOf(200, await info()).content_type).toBe(contentType);
      }
    });
  });

  it('has none of its old answers after it was registered anew', async () => {
    const { id } = await scene.aProvider(FILES, TEXT);
    await whileRead(async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const hash = await scene.asked('?frame=1');
        expect((await scene.ann.upload(id, hash, `answer ${round}`)).status).toBe(204);
        expect((await scene.sue.read('?frame=1')).bytes.toString()).toBe(`answer ${round}`);
        bodyOf(200, await scene.ann.register(FILES, TEXT));
        expect((await scene.sue.read('?frame=1')).status).toBe(202);
      }
    });
  });

  it('is gone for whoever asks after it, or its worker, was removed', async () => {
    await whileRead(async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { id, worker_id: workerId } = await scene.aProvider();
        expect((await info()).status).toBe(200);
        const path = round % 2 === 0 ? `/providers/${id}` : `/workers/${String(workerId)}`;
        expect((await scene.ann.user.call('DELETE', path)).status).toBe(204);
        expectProblem(await info(), 'ProviderNotFound');
        expectProblem(await scene.sue.read('?frame=1'), 'ProviderNotFound');
      }
    });
  });

  it('is what it was when a change of it was refused', async () => {
    const { content_type: before } = await scene.aProvider();
    await whileRead(async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        expectProblem(await scene.bob.register(FILES, { content_type: 'text/x-other' }), 'Forbidden');
        expect(bodyOf(200, await info()).content_type).toBe(before);
      }
    });
  });
});
