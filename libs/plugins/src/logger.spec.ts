import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { CONSOLE_LOGGER, sentenceOf } from './logger.js';

describe('CONSOLE_LOGGER', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('writes everything but debug lines to the console', () => {
    const lines: string[] = [];
    for (const level of ['debug', 'log', 'info', 'warn', 'error'] as const) {
      jest.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(`${level}: ${String(line)}`));
    }
    for (const level of ['debug', 'info', 'warn', 'error'] as const) CONSOLE_LOGGER[level]('x');
    expect(lines).toEqual(['info: x', 'warn: x', 'error: x']);
  });
});

describe('sentenceOf', () => {
  it.each([
    [new Error('no file'), 'no file'],
    [new TypeError(''), 'TypeError'],
    [{ message: 'from elsewhere', stack: 'at x', name: 'Error' }, 'from elsewhere'],
    [{ message: 'no error' }, '[object Object]'],
    ['a text', 'a text'],
    ['', 'unknown error'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('is never empty: %p', (error, sentence) => {
    expect(sentenceOf(error)).toBe(sentence);
  });
});
