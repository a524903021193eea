import { describe, expect, it } from '@jest/globals';

import { REPORTABLE_STATUSES, TASK_STATUSES, TERMINAL_STATUSES, isReportable, isTaskStatus, isTerminal } from './task-status.js';

describe('task status', () => {
  it('has six values, in the order of a life', () => {
    expect(TASK_STATUSES).toEqual(['pending', 'claimed', 'running', 'completed', 'failed', 'cancelled']);
  });

  it('is terminal when completed, failed or cancelled', () => {
    expect(TASK_STATUSES.filter(isTerminal)).toEqual(['completed', 'failed', 'cancelled']);
    expect(TASK_STATUSES.filter(isTerminal)).toEqual(TERMINAL_STATUSES);
  });

  it('can be asked for when running or terminal, never pending or claimed', () => {
    expect(TASK_STATUSES.filter(isReportable)).toEqual(['running', 'completed', 'failed', 'cancelled']);
    expect(TASK_STATUSES.filter(isReportable)).toEqual(REPORTABLE_STATUSES);
  });

  it.each(['', 'PENDING', 'done', 'constructor', 0, null, undefined, ['pending'], {}])('is not %j', (value) => {
    expect(isTaskStatus(value)).toBe(false);
  });

  it.each(TASK_STATUSES)('is %s', (value) => {
    expect(isTaskStatus(value)).toBe(true);
  });
});
