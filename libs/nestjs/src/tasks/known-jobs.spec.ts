import { expect, it } from '@jest/globals';

import { KnownJobs } from './known-jobs.js';

it('remembers ids by name until it is told to forget', () => {
  const known = new KnownJobs();
  known.remember('lab:modifiers:Rotate', 'one');
  expect(known.idOf('lab:modifiers:Rotate')).toBe('one');
  known.forget('lab:modifiers:Rotate');
  expect(known.idOf('lab:modifiers:Rotate')).toBeNull();
});

it('starts anew rather than remember ever more', () => {
  const known = new KnownJobs();
  for (let number = 0; number < 10_000; number += 1) known.remember(`lab:modifiers:${number}`, String(number));
  known.remember('lab:modifiers:0', '0');
  expect(known.idOf('lab:modifiers:9999')).toBe('9999');
  known.remember('lab:modifiers:more', 'more');
  expect([known.idOf('lab:modifiers:9999'), known.idOf('lab:modifiers:more')]).toEqual([null, 'more']);
});
