import { ProblemError } from '@joblib/contract';
import { ROOM_GUARD, ROOM_READ_GUARD } from '@joblib/nestjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectProblem } from '../http/expectations.js';
import { FILES, ProviderScene, override } from './provider-scene.js';

const READS = ['/rooms/lab/providers', `/rooms/lab/providers/${FILES}`, `/rooms/lab/providers/${FILES}/info`];

describe('the guards of a host', () => {
  let scene: ProviderScene;
  let provider: { id: string };
  let isReadable = true;
  let isWritable = true;
  const asked: string[] = [];

  beforeAll(async () => {
    scene = await ProviderScene.start({
      overrides: [
        override(ROOM_GUARD, {
          assertWritable: async (roomId: string, { id }: { id: string }) => {
            asked.push(`write ${roomId} ${id}`);
            if (!isWritable) throw new ProblemError('RoomLocked', 'It is locked.');
          },
        }),
        override(ROOM_READ_GUARD, {
          assertReadable: async (roomId: string, { id }: { id: string }) => {
            asked.push(`read ${roomId} ${id}`);
            if (!isReadable) throw new ProblemError('Forbidden', 'It is not yours.');
          },
        }),
      ],
    });
    provider = await scene.aProvider();
  });
  afterAll(() => scene.close());
  beforeEach(() => {
    [isReadable, isWritable] = [true, true];
    asked.length = 0;
  });

  it.each(READS)('for reading is asked by GET %s', async (path) => {
    await scene.sue.user.call('GET', path);
    expect(asked).toEqual(['read lab sue']);
    isReadable = false;
    expectProblem(await scene.sue.user.call('GET', path), 'Forbidden');
  });

  it('for reading is asked before anything is known of the provider, and nobody is asked to read', async () => {
    isReadable = false;
    const before = scene.requests.length;
    expectProblem(await scene.sue.read('?n=closed', {}, { fullName: 'lab:filesystem:none' }), 'Forbidden');
    expectProblem(await scene.sue.read('?n=closed'), 'Forbidden');
    expect(scene.requests).toHaveLength(before);
  });

  it('for reading is asked again when a held read is answered', async () => {
    const held = scene.sue.read('?n=held', { prefer: 'wait=15' });
    await scene.held(1);
    isReadable = false;
    const { request_id } = scene.requests.at(-1) ?? { request_id: '' };
    await scene.ann.upload(provider.id, request_id, '1');
    expectProblem(await held, 'Forbidden');
  });

  it('for writing is asked by a registration, and by nothing else', async () => {
    await scene.ann.register();
    expect(asked).toEqual(['write lab ann']);
    isWritable = false;
    expectProblem(await scene.ann.register(), 'RoomLocked');
    asked.length = 0;
    expect((await scene.ann.upload(provider.id, 'h', '1')).status).toBe(204);
    expect((await scene.ann.remove(provider.id)).status).toBe(204);
    expect(asked).toEqual([]);
  });
});
