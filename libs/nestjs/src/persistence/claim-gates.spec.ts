import { beforeEach, describe, expect, it } from '@jest/globals';

import { ClaimGates } from './claim-gates.js';
import type { JobNameRow } from './rows.js';
import type { Session } from './session.js';

const ONE = 'lab:modifiers:One';
const TWO = '@global:modifiers:a:b';

const JOBS: readonly JobNameRow[] = [
  { id: 'one', room_id: 'lab', category: 'modifiers', name: 'One' },
  { id: 'two', room_id: '@global', category: 'modifiers', name: 'a:b' },
];

/** Which ids somebody looked the names up of. */
let lookedUp: string[][];
let session: Session;
let gates: ClaimGates;
beforeEach(() => {
  lookedUp = [];
  session = {
    statements: { jobs: { namesOf: (jobIds: string[]) => jobIds } },
    all: (jobIds: string[]) => {
      lookedUp.push(jobIds);
      return Promise.resolve(JOBS.filter(({ id }) => jobIds.includes(id)));
    },
  } as unknown as Session;
  gates = new ClaimGates();
});

describe('what is closed', () => {
  it('is nothing at first, which asks nobody', async () => {
    expect(gates.hasClosed).toBe(false);
    expect(await gates.closedAmong(session, ['one'])).toEqual(new Set());
    expect(lookedUp).toEqual([]);
  });

  it('is what was set last', async () => {
    gates.set(new Set([ONE]));
    gates.set(new Set([TWO]));
    expect(await gates.closedAmong(session, ['one', 'two', 'gone'])).toEqual(new Set(['two']));
  });

  it('does not change with the set that was handed in', async () => {
    const closed = new Set([ONE]);
    gates.set(closed);
    closed.clear();
    expect(await gates.closedAmong(session, ['one'])).toEqual(new Set(['one']));
  });

  it('is told by names that are looked up once', async () => {
    gates.set(new Set([ONE, TWO]));
    await gates.closedAmong(session, ['one']);
    await gates.closedAmong(session, ['one', 'two']);
    gates.set(new Set([ONE]));
    await gates.closedAmong(session, ['one', 'two']);
    expect(lookedUp).toEqual([['one'], ['two']]);
    expect([gates.knownName('one'), gates.knownName('two'), gates.knownName('other')]).toEqual([ONE, TWO, undefined]);
  });

  it('is told as it is when the names are there, not when they were asked for', async () => {
    gates.set(new Set([ONE]));
    const [opened, closed] = [gates.closedAmong(session, ['one']), gates.closedAmong(session, ['two'])];
    gates.set(new Set([TWO]));
    expect(await opened).toEqual(new Set());
    expect(await closed).toEqual(new Set(['two']));
  });

  it('is known without asking once somebody has asked', async () => {
    gates.set(new Set([ONE]));
    expect(gates.isKnownClosed('one')).toBe(false);
    await gates.closedAmong(session, ['one', 'two']);
    expect([gates.isKnownClosed('one'), gates.isKnownClosed('two')]).toEqual([true, false]);
    gates.set(new Set());
    expect(gates.isKnownClosed('one')).toBe(false);
  });
});

describe('opening', () => {
  it('is told by name, when what is closed has changed already', () => {
    const heard: unknown[] = [];
    gates.onOpened((fullNames) => heard.push([[...fullNames], gates.hasClosed]));
    gates.set(new Set([ONE, TWO]));
    gates.set(new Set([ONE, TWO]));
    gates.set(new Set([TWO]));
    gates.set(new Set());
    expect(heard).toEqual([
      [[ONE], true],
      [[TWO], false],
    ]);
  });

  it('is not told to who does not listen any more', () => {
    const heard: unknown[] = [];
    const stop = gates.onOpened((fullNames) => heard.push(fullNames));
    gates.set(new Set([ONE]));
    stop();
    gates.set(new Set());
    expect(heard).toEqual([]);
  });
});

describe('learning', () => {
  it('has nothing to do without a loader', async () => {
    expect(gates.mustLearn).toBe(false);
    await expect(gates.ensureLearned(session)).resolves.toBeUndefined();
  });

  it('is done once, however many ask for it at once', async () => {
    const loads: Session[] = [];
    gates.learnWith((in_) => {
      loads.push(in_);
      gates.set(new Set([ONE]));
      return Promise.resolve();
    });
    await Promise.all([gates.ensureLearned(session), gates.ensureLearned(session)]);
    await gates.ensureLearned(session);
    expect([loads, gates.mustLearn, gates.hasClosed]).toEqual([[session], false, true]);
  });

  it('fails for who asked, and is tried again by whoever asks next or at the same time', async () => {
    let failures = 1;
    gates.learnWith(() => (failures-- > 0 ? Promise.reject(new Error('the database is away')) : Promise.resolve()));
    const [first, second] = await Promise.allSettled([gates.ensureLearned(session), gates.ensureLearned(session)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'the database is away' } });
    expect(second.status).toBe('fulfilled');
    expect(gates.mustLearn).toBe(false);
  });

  it('is not over when another loader was set while one was running', async () => {
    const loaded: string[] = [];
    gates.learnWith(() => {
      loaded.push('old');
      gates.learnWith(() => Promise.resolve(void loaded.push('new')));
      return Promise.resolve();
    });
    await gates.ensureLearned(session);
    expect(loaded).toEqual(['old', 'new']);
  });
});
