import { describe, expect, it } from '@jest/globals';
import type { TaskStatus } from '@joblib/contract';

import { StatusOrder } from './status-order.js';

const told = (...statuses: TaskStatus[]): TaskStatus[] => {
  const order = new StatusOrder();
  return statuses.filter((status) => order.admits('task', status));
};

describe('StatusOrder', () => {
  it('lets the life of a task through, repeated progress included', () => {
    const life: TaskStatus[] = ['pending', 'claimed', 'running', 'running', 'completed'];
    expect(told(...life)).toEqual(life);
  });

  it('lets through what was put back and claimed anew', () => {
    const life: TaskStatus[] = ['pending', 'claimed', 'pending', 'claimed', 'failed'];
    expect(told(...life)).toEqual(life);
  });

  it('keeps back what comes too late', () => {
    expect(told('running', 'claimed', 'pending', 'completed', 'running', 'claimed')).toEqual(['running', 'completed']);
  });

  it('knows each task by itself, and forgets the oldest of many', () => {
    const order = new StatusOrder();
    expect(order.admits('first', 'completed')).toBe(true);
    expect(order.admits('other', 'running')).toBe(true);
    expect(order.admits('first', 'running')).toBe(false);
    for (let count = 0; count < 10_000; count += 1) order.admits(`task ${count}`, 'running');
    expect(order.admits('first', 'running')).toBe(true);
  });
});
