import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { race, turns } from '../support/race.js';
import { until } from '../support/until.js';
import { GatesScene } from './gates-scene.js';

const ONE = 'lab:modifiers:One';
const TWO = 'lab:modifiers:a:b';

let scene: GatesScene;

beforeAll(async () => {
  scene = await GatesScene.start();
});
afterAll(() => scene.server.close());
beforeEach(() => scene.empty());

describe('opening', () => {
  it.each([0, 5, 10, 20])('wakes ten held claims for ten tasks, those that enter just then too, %s turns apart', async (gap) => {
    scene.close(ONE);
    const workers = await scene.workersOf(10, ONE);
    const tasks = await Promise.all(workers.map(() => scene.submit(ONE)));
    const held = [];
    for (const [index, worker] of workers.slice(2).entries()) held.push((await scene.holdClaim(worker, index)).answer);
    const late = workers.slice(0, 2).map((worker) => scene.awaited(worker));
    await turns(gap);
    scene.open();
    expect((await Promise.all([...held, ...late])).toSorted()).toEqual(tasks.toSorted());
  });

  it('with nothing pending lets each held claim look once; a task that comes then goes to one of them', async () => {
    scene.close(ONE);
    const answers = [];
    for (const [index, worker] of (await scene.workersOf(3, ONE)).entries()) answers.push((await scene.holdClaim(worker, index)).answer);
    const before = scene.looks;
    scene.open();
    await until('a look of each', () => scene.looks === before + 3);
    await turns(20);
    expect(scene.looks).toBe(before + 3);
    const ids = [await scene.submit(ONE), await scene.submit(ONE), await scene.submit(ONE)];
    expect(await Promise.all(answers)).toEqual(ids);
  });

  it('of one job leaves those alone who wait for others', async () => {
    const [worker, other] = [await scene.workerOf(ONE), await scene.workerOf(TWO)];
    scene.close(ONE, TWO);
    const { answer } = await scene.holdClaim(worker);
    const { answer: answerOfOther } = await scene.holdClaim(other, 1);
    const [ofTwo, ofOne] = [await scene.submit(TWO), await scene.submit(ONE)];
    const before = scene.looks;
    scene.close(TWO);
    expect(await answer).toBe(ofOne);
    expect(scene.looks - before).toBe(1);
    scene.open();
    expect(await answerOfOther).toBe(ofTwo);
  });

  it.each([-4, -3, -2, -1, 0, 1, 2, 3, 4])('is not missed by a claim that comes with it, %s turns apart', async (gap) => {
    const worker = await scene.workerOf(ONE);
    for (let round = 0; round < 10; round += 1) {
      scene.close(ONE);
      const id = await scene.submit(ONE);
      const [answer] = await race(
        gap,
        () => scene.awaited(worker),
        () => Promise.resolve(scene.open()),
      );
      expect(answer).toBe(id);
    }
  });

  it('and closing again at once loses nothing', async () => {
    const worker = await scene.workerOf(ONE);
    for (let round = 0; round < 10; round += 1) {
      scene.close(ONE);
      const { answer } = await scene.holdClaim(worker);
      const id = await scene.submit(ONE);
      scene.open();
      await turns(round);
      scene.close(ONE);
      await turns(20);
      scene.open();
      expect(await answer).toBe(id);
    }
  });
});
