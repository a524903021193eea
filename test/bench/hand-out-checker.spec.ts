import { describe, expect, it } from '@jest/globals';
import { HandOutLedger } from '../../bench/hand-out-checker.js';

/** Tells the ledger what happened; every call is a moment of its own, in the order of the calls. */
class Story {
  readonly ledger = new HandOutLedger();

  /** `second` orders tasks by creation. */
  submit(id: string, second: number): this {
    this.ledger.submitted(id, `2026-01-31T12:00:${String(second).padStart(2, '0')}.000Z`, this.ledger.tick());
    return this;
  }

  claim(id: string, beganTick = this.ledger.tick()): this {
    this.ledger.handedOut(id, beganTick, this.ledger.tick());
    this.ledger.completed(id);
    return this;
  }

  foundNothing(beganTick = this.ledger.tick()): this {
    this.ledger.foundNothing(beganTick, this.ledger.tick());
    return this;
  }
}

describe('HandOutLedger', () => {
  it('has nothing to say when tasks are handed out in order, once, and nothing is found when nothing is there', () => {
    const story = new Story().foundNothing().submit('a', 1).submit('b', 2).claim('a').submit('c', 3).claim('b').claim('c').foundNothing();
    expect(story.ledger.violations()).toEqual([]);
    expect(story.ledger.submittedCount).toBe(3);
  });

  it('finds a younger task that was handed out before an older one', () => {
    const story = new Story().submit('a', 1).submit('b', 2).claim('b').claim('a');
    expect(story.ledger.violations()).toEqual(['Task b was handed out while the older a was pending.']);
  });

  it('goes by creation, ties by id, not by the order of the answers', () => {
    const story = new Story().submit('late', 2).submit('tie-1', 1).submit('tie-0', 1).claim('tie-1').claim('tie-0').claim('late');
    expect(story.ledger.violations()).toEqual(['Task tie-1 was handed out while the older tie-0 was pending.']);
  });

  it('finds an older task overtaken by one of many, among thousands in order', () => {
    const story = new Story();
    for (let index = 0; index < 3000; index += 1)
      story.ledger.submitted(`t${String(index).padStart(4, '0')}`, 'same time', story.ledger.tick());
    for (let index = 0; index < 3000; index += 1) if (index !== 1234) story.claim(`t${String(index).padStart(4, '0')}`);
    story.claim('t1234');
    const violations = story.ledger.violations();
    expect(violations[0]).toBe('Task t1235 was handed out while the older t1234 was pending.');
    expect(violations).toHaveLength(11);
    expect(violations[10]).toBe('… and 1755 more of this kind.');
  });

  it('allows two claims in flight at once to get two tasks either way round', () => {
    const story = new Story().submit('a', 1).submit('b', 2);
    const first = story.ledger.tick();
    const second = story.ledger.tick();
    story.claim('b', first).claim('a', second);
    expect(story.ledger.violations()).toEqual([]);
  });

  it('allows a claim to miss an older task whose submit was not yet answered when the claim began', () => {
    const story = new Story().submit('young', 2);
    const began = story.ledger.tick();
    story.submit('old', 1).claim('young', began).claim('old');
    expect(story.ledger.violations()).toEqual([]);
  });

  it('finds a claim that got nothing while a task was pending', () => {
    const story = new Story().submit('a', 1).foundNothing().claim('a');
    expect(story.ledger.violations()).toEqual(['A claim found nothing while a was pending.']);
  });

  it('allows a claim to find nothing while the last task is on its way to another claim', () => {
    const story = new Story().submit('a', 1);
    const empty = story.ledger.tick();
    const other = story.ledger.tick();
    story.foundNothing(empty).claim('a', other);
    expect(story.ledger.violations()).toEqual([]);
  });

  it('finds a task that was handed out twice', () => {
    expect(new Story().submit('a', 1).claim('a').claim('a').ledger.violations()).toEqual(['Task a was handed out 2 times.']);
  });

  it('finds a task that was never handed out, and everything that overtook it', () => {
    const story = new Story().submit('a', 1).submit('b', 2).claim('b').foundNothing();
    expect(story.ledger.violations()).toEqual([
      'Task a was never handed out.',
      'Task b was handed out while the older a was pending.',
      'A claim found nothing while a was pending.',
    ]);
  });

  it('finds a task that nobody submitted', () => {
    expect(new Story().claim('ghost').ledger.violations()).toEqual(['Task ghost was handed out but never submitted here.']);
  });

  it('accepts a task whose claim was answered before its submit was', () => {
    expect(new Story().claim('a').submit('a', 1).ledger.violations()).toEqual([]);
  });

  it('finds a task that was handed out and not completed', () => {
    const story = new Story().submit('a', 1);
    story.ledger.handedOut('a', story.ledger.tick(), story.ledger.tick());
    expect(story.ledger.violations()).toEqual(['Task a was handed out and not completed.']);
  });
});
