import { describe, expect, it } from '@jest/globals';

import { mayBeReport } from './may-be-report.js';

describe('mayBeReport', () => {
  it.each([
    ['{"results":[],"symbols":[]}', true],
    [' \n{"symbols":[],"results":[]}', true],
    ['{"\\u0072esults":[],"symbols":[]}', true],
    ['{"results":[]}', false],
    ['["results","symbols"]', false],
    ['"results symbols"', false],
    ['7', false],
    [null, false],
  ])('%s: %s', (result, expected) => {
    expect(mayBeReport(result)).toBe(expected);
  });
});
