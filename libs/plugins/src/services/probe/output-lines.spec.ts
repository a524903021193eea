import { describe, expect, it } from '@jest/globals';

import { OutputLines } from './output-lines.js';

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) output.write(Buffer.from(chunk as string));
  output.end();
  return lines;
}

describe('OutputLines', () => {
  it('puts together what comes in pieces', () => {
    expect(linesOf('one\ntw', 'o\r\n', '\nthree')).toEqual(['one', 'two', '', 'three']);
    expect(linesOf('whole\n')).toEqual(['whole']);
    expect(linesOf()).toEqual([]);
  });

  it('keeps characters whole that come in two pieces', () => {
    const bytes = Buffer.from('grün\n');
    expect(linesOf(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['grün']);
  });

  it('cuts what never ends, and loses nothing', () => {
    const lines = linesOf(...Array.from({ length: 10 }, () => 'x'.repeat(10_000)), '\nend');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(32_768);
    expect(lines.join('')).toBe(`${'x'.repeat(100_000)}end`);
    const [first = '', ...more] = linesOf(`${'y'.repeat(40_000)}\n`);
    expect([first.length, more.map(({ length }) => length)]).toEqual([16_384, [16_384, 7232]]);
  });
});
