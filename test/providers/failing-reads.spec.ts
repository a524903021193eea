import { EVENT_PUBLISHER } from '@joblib/nestjs';
import { RecordingEventPublisher } from '@joblib/nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectProblem } from '../http/expectations.js';
import { FILES, ProviderScene, override, until } from './provider-scene.js';

const PATH_HASH = 'cc2a66974085ce9f0bad658dea3cec4422bde979305a7bd08dd771bba5214ff2'; // of {"path":"/data"}

/** Refuses to send to providers when it is told to. */
class BreakablePublisher extends RecordingEventPublisher {
  isBroken = false;

  override publish(events: Parameters<RecordingEventPublisher['publish']>[0]): Promise<void> {
    if (this.isBroken) return Promise.reject(new Error('nobody listens'));
    return super.publish(events);
  }
}

describe('a read', () => {
  let scene: ProviderScene;
  let provider: { id: string };
  const publisher = new BreakablePublisher();

  const requests = () => publisher.payloadsOf('provider_request');
  const asked = (count = 1) => until(() => requests().length >= count);

  beforeAll(async () => {
    scene = await ProviderScene.start({ overrides: [override(EVENT_PUBLISHER, publisher)] });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    provider = await scene.aProvider(FILES);
    publisher.clear();
  });
  afterEach(async () => {
    publisher.isBroken = false;
    await scene.root.remove(provider.id);
  });

  describe('that fails', () => {
    const PROBLEM = {
      type: 'https://files.example/no-file',
      title: 'No such file',
      status: 404,
      detail: '/data is not there',
      path: '/data',
    };
    const ERROR = { 'x-result-status': 'error' };

    it('is answered with the problem that the provider sent, held or not, until it expires', async () => {
      const held = scene.sue.read('?path=%2Fdata', { prefer: 'wait=15' });
      await asked();
      expect((await scene.ann.upload(provider.id, PATH_HASH, JSON.stringify(PROBLEM), ERROR)).status).toBe(204);
      for (const answer of [await held, await scene.sue.read('?path=%2Fdata')]) {
        expect([answer.status, answer.headers.get('content-type'), answer.body]).toEqual([404, 'application/problem+json', PROBLEM]);
      }
      scene.server.clock.advance(301);
      expect((await scene.sue.read('?path=%2Fdata')).status).toBe(202);
    });

    it.each([
      ['{}', 500, { type: 'about:blank', status: 500, title: 'The provider could not answer', detail: 'The provider could not answer' }],
      ['it broke', 500, { type: 'about:blank', status: 500, title: 'The provider could not answer', detail: 'it broke' }],
      ['', 500, { detail: 'The provider could not answer' }],
      ['[1]', 500, { detail: '[1]' }],
      ['{"status":200,"detail":"fine?"}', 500, { status: 500, detail: 'fine?' }],
      ['{"status":"404"}', 500, { status: 500 }],
      ['{"status":503,"title":"Busy"}', 503, { status: 503, title: 'Busy' }],
    ])('and was reported as %j is %d', async (document, status, body) => {
      const hash = await scene.asked();
      await scene.ann.upload(provider.id, hash, document, ERROR);
      const answer = await scene.sue.read();
      expect([answer.status, answer.body]).toEqual([status, expect.objectContaining(body)]);
    });

    it('lets the next read ask again as soon as the entry is gone', async () => {
      const hash = await scene.asked();
      await scene.ann.upload(provider.id, hash, '{}', ERROR);
      expect((await scene.sue.read('', { 'cache-control': 'no-cache' })).status).toBe(202);
      expect(requests()).toHaveLength(2);
    });
  });

  it('that cannot be sent to its provider is refused, and the next one asks again at once', async () => {
    publisher.isBroken = true;
    const answers = await Promise.all([scene.sue.read(), scene.sue.read('', { prefer: 'wait=15' })]);
    for (const answer of answers) {
      expectProblem(answer, 'ProviderDisconnected');
      expect(answer.headers.get('retry-after')).toBe('2');
    }
    publisher.isBroken = false;
    await scene.asked();
    expect(requests()).toHaveLength(1);
  });
});
