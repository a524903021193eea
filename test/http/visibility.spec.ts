import { INTERNAL_REGISTRY } from '@joblib/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { Scene, bodyOf } from './scene.js';

const OWNERS = ['lab', '@global', '@internal'] as const;
const VIEWERS = ['lab', 'attic', 'LAB', '@global', '@internal'] as const;

const PAIRS = OWNERS.flatMap((owner) => VIEWERS.map((viewer) => ({ owner, viewer, isVisible: owner !== 'lab' || viewer === 'lab' })));

describe.each([
  ['as it is', false],
  ['with ALLOW_CROSS_ROOM_SUBMIT', true],
])('what a room sees, %s', (_, allowCrossRoomSubmit) => {
  let scene: Scene;
  beforeAll(async () => {
    const jobs = new Map([['@internal:modifiers:Rotate', { run: () => Promise.resolve(null) }]]);
    scene = await Scene.start({ settings: { allowCrossRoomSubmit }, overrides: [{ provide: INTERNAL_REGISTRY, useValue: { jobs } }] });
    for (const owner of ['lab', '@global']) await scene.aJob(`${owner}:modifiers:Rotate`);
  });
  afterAll(() => scene.close());

  describe.each(PAIRS)('a job of $owner from $viewer', ({ owner, viewer, isVisible }) => {
    const fullName = `${owner}:modifiers:Rotate`;
    const mayUse = isVisible || allowCrossRoomSubmit;

    it(`is ${mayUse ? 'read, submitted to, and its tasks listed' : 'not there'}`, async () => {
      const answers = [
        await scene.sue.call('GET', `/rooms/${viewer}/jobs/${fullName}`),
        await scene.sue.call('GET', `/rooms/${viewer}/jobs/${fullName}/tasks`),
        await scene.sue.submit(viewer, fullName),
        await scene.sue.call('POST', `/rooms/${viewer}/tasks/${fullName}/batch`, { payloads: [{}] }),
      ];
      if (mayUse) expect(answers.map(({ status }) => status)).toEqual([200, 200, 202, 202]);
      else for (const answer of answers) expectProblem(answer, 'JobNotFound');
    });

    it('is listed where it belongs', async () => {
      const page = bodyOf(200, await scene.sue.call<{ items: { full_name: string }[] }>('GET', `/rooms/${viewer}/jobs`));
      const isListed = viewer.startsWith('@') ? owner === viewer : isVisible;
      expect(page.items.some(({ full_name }) => full_name === fullName)).toBe(isListed);
    });
  });

  it('keeps tasks to the room that they were submitted in', async () => {
    const { id } = bodyOf(202, await scene.sue.submit('cellar', '@global:modifiers:Rotate'));
    const idsIn = async (path: string) =>
      bodyOf(200, await scene.sue.call<{ items: { id: string }[] }>('GET', path)).items.map((task) => task.id);
    expect(await idsIn('/rooms/cellar/tasks')).toEqual([id]);
    expect(await idsIn('/rooms/lab/tasks')).not.toContain(id);
    expect(await idsIn('/rooms/@global/tasks')).not.toContain(id);
    expect(await idsIn('/rooms/cellar/jobs/@global:modifiers:Rotate/tasks')).toEqual([id]);
    expect(await idsIn('/rooms/lab/jobs/@global:modifiers:Rotate/tasks')).not.toContain(id);
  });
});
