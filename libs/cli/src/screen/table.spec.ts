import { describe, expect, it } from '@jest/globals';

import { ageOf } from './age.js';
import { paintFor } from './paint.js';
import { progressText } from './progress-text.js';
import { Table } from './table.js';
import type { Column } from './table.js';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, colour: () => 'green' },
  { title: 'N', text: ({ count }) => String(count), align: 'right' },
  { title: 'NOTE', text: ({ note }) => note },
];
const PLAIN = paintFor(false, {});

describe('Table', () => {
  it('aligns columns, also those of wide characters, and leaves no space at the end of a line', () => {
    const table = new Table(COLUMNS, PLAIN, null);
    const rows = [
      { name: '分子', count: 7, note: '' },
      { name: 'water', count: 1234, note: 'a long note that is not cut' },
    ];
    expect(table.lines(rows)).toEqual(['NAME      N  NOTE', '分子      7', 'water  1234  a long note that is not cut']);
  });

  it('has its titles once, and columns that stay as wide as they were', () => {
    const table = new Table(COLUMNS, PLAIN, null);
    table.lines([{ name: 'a long name', count: 1, note: 'x' }]);
    expect(table.lines([{ name: 'b', count: 2, note: 'y' }])).toEqual(['b            2  y']);
  });

  it('cuts the last column to the width of the terminal, before it is painted', () => {
    const table = new Table(COLUMNS, paintFor(true, {}), 20);
    const [titles, row] = table.lines([{ name: 'ice', count: 1, note: 'much too long a note' }]);
    expect(titles).toBe('\u001b[1mNAME\u001b[22m  \u001b[1mN\u001b[22m  \u001b[1mNOTE\u001b[22m');
    expect(row).toBe('\u001b[32mice\u001b[39m   1  much too l…');
  });

  it('shows nothing of a row that a terminal would obey', () => {
    const [, row] = new Table(COLUMNS, PLAIN, null).lines([{ name: 'a\nb', count: 1, note: '\u001b]0;title\u0007' }]);
    expect(row).toBe('a b   1   ]0;title');
  });
});

describe('paintFor', () => {
  it.each([
    [true, {}, '\u001b[31mx\u001b[39m'],
    [false, {}, 'x'],
    [true, { NO_COLOR: '1' }, 'x'],
    [true, { NO_COLOR: '' }, '\u001b[31mx\u001b[39m'],
    [true, { TERM: 'dumb' }, 'x'],
  ])('on a terminal: %s, with %j', (isTerminal, env, painted) => {
    expect(paintFor(isTerminal, env)('x', 'red')).toBe(painted);
  });
});

describe('ageOf', () => {
  it.each([
    [-5, 'now'],
    [0.4, 'now'],
    [59, '59 s ago'],
    [60, '1 min ago'],
    [7_199, '1 h ago'],
    [200_000, '2 d ago'],
  ])('of what was %s s ago', (seconds, text) => {
    expect(ageOf('2026-01-31T12:00:00.000Z', Date.UTC(2026, 0, 31, 12) + seconds * 1000)).toBe(text);
  });
});

describe('progressText', () => {
  it.each([
    [0.599, '59 %'],
    [7, '100 %'],
    [{ current: 3, total: 5 }, '60 % (3 of 5)'],
    [{ current: 3, total: 5, message: 'turning\u001b[2J' }, '60 % (3 of 5) turning [2J'],
    [{ current: 0, total: 0 }, '0 % (0 of 0)'],
  ])('of %j', (progress, text) => {
    expect(progressText(progress)).toBe(text);
  });
});
