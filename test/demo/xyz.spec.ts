import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { XyzError, formatXyz, parseXyz } from '../../examples/demo/xyz.js';

const WATER = '3\nwater, 25 °C\nO 0 0 0.1193\nH 0 0.7632 -0.477\nH 0 -0.7632 -4.77e-1\n';

describe('parseXyz', () => {
  it('reads count, comment and atoms', () => {
    expect(parseXyz(WATER)).toEqual([
      {
        comment: 'water, 25 °C',
        atoms: [
          { element: 'O', position: [0, 0, 0.1193] },
          { element: 'H', position: [0, 0.7632, -0.477] },
          { element: 'H', position: [0, -0.7632, -0.477] },
        ],
      },
    ]);
  });

  it('reads several frames, with blank lines between them and after the last', () => {
    const frames = parseXyz(`${WATER}\n\n1\nsecond\nHe 1 2 3\n\n`);
    expect(frames.map(({ comment }) => comment)).toEqual(['water, 25 °C', 'second']);
  });

  it('takes an empty comment, Windows line ends, tabs and a byte order mark', () => {
    expect(parseXyz('\uFEFF1\r\n\r\nHe\t1.\t.5\t-3\r\n')).toEqual([{ comment: '', atoms: [{ element: 'He', position: [1, 0.5, -3] }] }]);
  });

  it.each([
    ['an empty file', '', 'The file is empty.'],
    ['a file of blank lines', '\n \n', 'The file is empty.'],
    ['a first line that is no count', 'water\n', "Line 1: expected the number of atoms, found 'water'."],
    ['a negative count', '-1\n\n', "Line 1: expected the number of atoms, found '-1'."],
    ['a count of zero', '0\n\n', "Line 1: expected the number of atoms, found '0'."],
    ['fewer atoms than announced', '2\n\nHe 0 0 0\n', 'Line 4: frame 1 announces 2 atoms, but has only 1.'],
    ['a huge count', '999999999\n\nHe 0 0 0', 'Line 4: frame 1 announces 999999999 atoms, but has only 1.'],
    ['more atoms than announced', '1\n\nHe 0 0 0\nNe 1 1 1\n', "Line 4: the frame before announces 1 atom, but more follows: 'Ne 1 1 1'."],
    ['a missing column', '1\n\nHe 0 0\n', "Line 3: expected 'element x y z', found 'He 0 0'."],
    ['a fifth column', '1\n\nHe 0 0 0 0.5\n', "Line 3: expected 'element x y z', found 'He 0 0 0 0.5'."],
    ['a word for a number', '1\n\nHe 0 left 0\n', "Line 3: y of 'He' is no number: 'left'."],
    ['NaN', '1\n\nHe 0 0 NaN\n', "Line 3: z of 'He' is no number: 'NaN'."],
    ['a number with something behind it', '1\n\nHe 1.0x 0 0\n', "Line 3: x of 'He' is no number: '1.0x'."],
    ['a number too large to hold', '1\n\nHe 1e999 0 0\n', "Line 3: x of 'He' is no number: '1e999'."],
  ])('refuses %s and says where', (_, text, message) => {
    expect(() => parseXyz(text)).toThrow(new XyzError(message));
  });
});

describe('formatXyz', () => {
  it('writes what parseXyz reads: every frame, its comment and its atoms', () => {
    const frames = parseXyz(`${WATER}1\n\nHe 1 2 3\n`);
    expect(parseXyz(formatXyz(frames))).toEqual(frames);
  });

  it('writes no negative zero', () => {
    expect(formatXyz([{ comment: 'c', atoms: [{ element: 'C', position: [-1e-12, 0, -1] }] }])).toBe(
      '1\nc\nC      0.000000     0.000000    -1.000000\n',
    );
  });

  it('keeps a comment on its line', () => {
    expect(formatXyz([{ comment: 'a\nb', atoms: [{ element: 'C', position: [0, 0, 0] }] }]).split('\n')[1]).toBe('a b');
  });
});

describe('the molecule of the demo', () => {
  it('is caffeine, C8H10N4O2', async () => {
    const [frame] = parseXyz(await readFile(new URL('../../examples/demo/molecules/caffeine.xyz', import.meta.url), 'utf8'));
    const count = (symbol: string): number | undefined => frame?.atoms.filter(({ element }) => element === symbol).length;
    expect(['C', 'H', 'N', 'O'].map(count)).toEqual([8, 10, 4, 2]);
  });
});
