import { beforeEach, describe, expect, it } from '@jest/globals';

import { TellingOrder } from './telling-order.js';
import type { TellingTurn } from './telling-order.js';

let order: TellingOrder;
let told: string[];
beforeEach(() => {
  order = new TellingOrder();
  told = [];
});

async function tell(name: string, turn: TellingTurn): Promise<void> {
  await turn.comesUp();
  told.push(name);
  turn.end();
}

describe('two who changed the same task', () => {
  it('tell in the order of their changes, whoever hears of the commit first', async () => {
    const [first, second] = [order.begin(), order.begin()];
    first.touch('a');
    second.touch('a');
    await Promise.all([tell('second', second), tell('first', first)]);
    expect(told).toEqual(['first', 'second']);
  });

  it('do not wait for one who was rolled back', async () => {
    const [first, second] = [order.begin(), order.begin()];
    first.touch('a');
    first.end();
    second.touch('a');
    await tell('second', second);
    expect(told).toEqual(['second']);
  });

  it('do not wait for themselves', async () => {
    const turn = order.begin();
    turn.touch('a');
    turn.touch('a');
    await tell('one', turn);
    expect(told).toEqual(['one']);
  });
});

describe('who changed other tasks', () => {
  it('waits for nobody', async () => {
    const [first, second] = [order.begin(), order.begin()];
    first.touch('a');
    second.touch('b');
    await tell('second', second);
    expect(told).toEqual(['second']);
  });
});
