import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { canonicalParams, readParamsOf } from '@joblib/contract';
import fc from 'fast-check';

import { readQueryOf } from './provider-read.js';

function computed(text: string) {
  const params = readParamsOf(text);
  const paramsText = canonicalParams(params);
  return { params, paramsText, requestHash: createHash('sha256').update(paramsText).digest('hex') };
}

describe('readQueryOf', () => {
  it('says of every query string, asked for again and again, what it says at first', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(fc.property(text, (query) => [1, 2, 3].forEach(() => expect(readQueryOf(query)).toEqual(computed(query)))));
  });

  it('keeps long ones no longer than their read', () => {
    const long = `path=${'a'.repeat(2000)}`;
    expect(readQueryOf(long)).toEqual(computed(long));
    expect(readQueryOf(long)).not.toBe(readQueryOf(long));
    expect(readQueryOf('path=a')).toBe(readQueryOf('path=a'));
  });
});
