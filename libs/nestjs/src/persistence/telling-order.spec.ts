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

describe('one who commits before hearing what has changed', () => {
  it('is alone until somebody else begins, and again when all others have told', () => {
    const first = order.begin();
    expect(first.isAlone).toBe(true);
    const second = order.begin();
    expect([first.isAlone, second.isAlone]).toEqual([false, false]);
    first.end();
    expect(second.isAlone).toBe(true);
  });

  it('tells before all who begin later, also when these hear of their change first', async () => {
    const ahead = order.begin();
    ahead.goAhead();
    const [same, other] = [order.begin(), order.begin()];
    same.touch('a');
    other.touch('b');
    ahead.touch('a');
    await Promise.all([tell('same', same), tell('other', other), tell('ahead', ahead)]);
    expect(told).toEqual(['ahead', 'same', 'other']);
  });

  it('holds up nobody once it has told', async () => {
    const ahead = order.begin();
    ahead.goAhead();
    ahead.end();
    await tell('next', order.begin());
    expect(told).toEqual(['next']);
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
