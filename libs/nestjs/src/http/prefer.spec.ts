import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { preferOf } from './prefer.js';

describe('preferOf', () => {
  it.each([
    ['wait=5', { waitSeconds: 5 }],
    ['wait=0', { waitSeconds: 0 }],
    ['WAIT = "7"', { waitSeconds: 7 }],
    ['respond-async, wait=3, handling=Strict', { waitSeconds: 3, handling: 'strict' }],
    ['handling=lenient;wait=9', { handling: 'lenient' }],
    ['foo="a, wait=1; \\" x", wait=2;bar="wait=3"', { waitSeconds: 2 }],
    ['wait=2, wait=8', { waitSeconds: 2 }],
    ['wait=soon, wait=8', {}],
    ['wait=soon', {}],
    ['wait=-1', {}],
    ['wait=1.5', {}],
    ['wait=', {}],
    ['wait', {}],
    ['handling=maybe', {}],
    ['', {}],
    [',;=,"', {}],
  ])('reads %j', (header, preferences) => {
    expect(preferOf(header)).toEqual(preferences);
  });

  it('reads nothing from no header, and everything from several', () => {
    expect(preferOf(undefined)).toEqual({});
    expect(preferOf(['handling=strict', 'wait=4'])).toEqual({ waitSeconds: 4, handling: 'strict' });
  });

  it('caps a wait at what a timer can do', () => {
    expect(preferOf('wait=99999999999999999999999999').waitSeconds).toBe(Math.floor((2 ** 31 - 1) / 1_000));
  });

  it('never fails, and never gives a wait that is no whole number of seconds', () => {
    fc.assert(
      fc.property(fc.string(), (noise) => {
        const { waitSeconds = 0 } = preferOf(`wait=${noise}`);
        expect(Number.isSafeInteger(waitSeconds) && waitSeconds >= 0).toBe(true);
      }),
    );
  });
});
