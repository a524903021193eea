import { describe, expect, it } from '@jest/globals';
import { boardLines, plain, progressBar, progressFraction, redraw, sideBySide, taskLine, truncate } from '../../examples/demo/display.js';
import type { TaskRow } from '../../examples/demo/display.js';

function aRow(fields: Partial<TaskRow> = {}): TaskRow {
  return { label: 'turn', status: 'pending', progress: null, queuePosition: null, error: null, ...fields };
}

describe('progressFraction', () => {
  it.each([
    [null, 0],
    [0.25, 0.25],
    [7, 1],
    [-1, 0],
    [{ current: 3, total: 4 }, 0.75],
    [{ current: 1, total: 0 }, 0],
  ])('of %j is %d', (progress, fraction) => {
    expect(progressFraction(progress)).toBe(fraction);
  });
});

describe('progressBar', () => {
  it('is full only when all is done', () => {
    expect([0, 0.5, 0.99, 1].map((fraction) => progressBar(fraction, 4))).toEqual(['░░░░', '██░░', '███░', '████']);
  });
});

describe('taskLine', () => {
  it('shows the place in the queue of a pending task', () => {
    expect(taskLine(aRow({ queuePosition: 2 }), 6)).toBe('· turn    pending    number 2 in the queue');
  });

  it('shows bar, percentage and message of a running task', () => {
    const row = aRow({ status: 'running', progress: { current: 1, total: 4, message: '22.5° about z' } });
    expect(taskLine(row, 4)).toBe('▸ turn  running    █████░░░░░░░░░░░░░░░  25 %  22.5° about z');
  });

  it('shows why a task failed', () => {
    expect(taskLine(aRow({ status: 'failed', error: 'There is no file.' }), 4)).toBe('✖ turn  failed     There is no file.');
  });

  it.each([
    ['completed', '✔ turn  completed'],
    ['cancelled', '⊘ turn  cancelled'],
  ] as const)('says no more than that a task is %s', (status, line) => {
    expect(taskLine(aRow({ status, progress: 0.5 }), 4)).toBe(line);
  });

  it('lets no control character of an error reach the terminal', () => {
    expect(taskLine(aRow({ status: 'failed', error: 'a\u001b[2Jb\nc\u009bd' }), 4)).toBe('✖ turn  failed     a [2Jb c d');
  });
});

describe('boardLines', () => {
  it('aligns the columns of all tasks', () => {
    const lines = boardLines([aRow({ label: 'a' }), aRow({ label: 'longer' })], 6, 80);
    expect(lines.map((line) => line.indexOf('pending'))).toEqual([10, 10]);
  });

  it('makes no line wider than the terminal', () => {
    const [line] = boardLines([aRow({ status: 'failed', error: 'x'.repeat(200) })], 4, 40);
    expect(line).toHaveLength(40);
    expect(line?.endsWith('x…')).toBe(true);
  });
});

describe('redraw', () => {
  it('writes below what is there at first', () => {
    expect(redraw(0, ['a', 'b'])).toBe('\u001b[2Ka\n\u001b[2Kb\n');
  });

  it('goes up over the lines drawn before', () => {
    expect(redraw(2, ['c'])).toBe('\u001b[2A\u001b[2Kc\n');
  });
});

describe('sideBySide', () => {
  it('puts two excerpts beside each other under their headings', () => {
    const left = { heading: 'before', lines: ['1', 'comment', 'C 0 0 0'] };
    const right = { heading: 'after', lines: ['1', 'turned'] };
    expect(sideBySide(left, right, 2)).toEqual(['before   │  after', '1        │  1', 'comment  │  turned', '…        │']);
  });
});

describe('truncate', () => {
  it('cuts between characters, never within one', () => {
    expect(truncate('a😀bc', 3)).toBe('a😀…');
  });

  it('leaves alone what fits', () => {
    expect(truncate('abc', 3)).toBe('abc');
  });
});

describe('plain', () => {
  it('makes one space of each run of control characters', () => {
    expect(plain('a\r\n\tb')).toBe('a b');
  });
});
