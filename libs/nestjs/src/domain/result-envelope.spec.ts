import { describe, expect, it } from '@jest/globals';

import { openResult, sealResult } from './result-envelope.js';

const FACTS = { id: 'one', contentType: 'text/plain; x="é"', isError: false, entityTag: 'tag', storedAt: 5, ttlSeconds: 300 };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a sealed result', () => {
  it('opens to its facts and its bytes, whatever pieces they came in', () => {
    const envelope = sealResult([bytes(0, 255), bytes(), bytes(123, 125)], FACTS);
    const { data, ...facts } = openResult(envelope) ?? { data: bytes() };
    expect([facts, [...data]]).toEqual([FACTS, [0, 255, 123, 125]]);
  });

  it('may have no bytes', () => {
    expect(openResult(sealResult([], FACTS))?.data.byteLength).toBe(0);
  });

  it('opens where it lies in a larger buffer, and its bytes are not copied', () => {
    const envelope = sealResult([bytes(1, 2, 3)], FACTS);
    const larger = Buffer.concat([Buffer.alloc(7), envelope, Buffer.alloc(7)]);
    const opened = openResult(larger.subarray(7, 7 + envelope.byteLength));
    larger[7] = 9;
    expect([...(opened?.data ?? [])]).toEqual([9, 2, 3]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('{"a":1}')],
    ['a part', Buffer.from(sealResult([bytes(1)], FACTS)).subarray(0, -1)],
    ['a length beyond its start', Buffer.from([0, 0, 0, 99, ...Buffer.from('jlr1')])],
    ['facts that are none', Buffer.from([123, 0, 0, 0, 1, ...Buffer.from('jlr1')])],
  ])('is not %s', (_, envelope) => {
    expect(openResult(envelope)).toBeNull();
  });
});
