import { describe, expect, it } from '@jest/globals';

import { displayWidth, plainText, shortened } from './plain-text.js';

describe('plainText', () => {
  it('leaves nothing that a terminal would obey, and one line', () => {
    expect(plainText('a\u001b[31mred\u009b0m\r\nb\u007f')).toBe('a [31mred 0m b ');
  });

  it('leaves every other text as it is', () => {
    expect(plainText('Ärger 分子 🧪 – ok')).toBe('Ärger 分子 🧪 – ok');
  });
});

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['分子', 4],
    ['🧪', 2],
    ['e\u0301', 1],
    ['', 0],
  ])('of %j is %i', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe('shortened', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['分子分子', 5, '分子…'],
    ['分子分子', 4, '分…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('cuts %j to %i columns', (text, columns, cut) => {
    expect(shortened(text, columns)).toBe(cut);
  });
});
