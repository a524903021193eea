import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@joblib/contract';
import { deliveryStatusOf, pageOf, statusOf } from './page-query.js';

function pointersOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ProblemError && error.type.status === 422) return (error.errors ?? []).map(({ pointer }) => pointer);
    throw error;
  }
  return [];
}

describe('pageOf', () => {
  it.each([
    [{}, { limit: 50, offset: 0 }],
    [
      { limit: '0', offset: '3' },
      { limit: 0, offset: 3 },
    ],
    [
      { limit: '500', offset: '9007199254740991' },
      { limit: 500, offset: Number.MAX_SAFE_INTEGER },
    ],
    [{ limit: ['7', '8'] }, { limit: 8, offset: 0 }],
  ])('reads %j', (query, page) => {
    expect(pageOf(query)).toEqual(page);
  });

  it.each(['501', '-1', '1.5', '', 'ten', ' 1', '1e2', '0x1'])('refuses the limit %j', (limit) => {
    expect(pointersOf(() => pageOf({ limit }))).toEqual(['?limit']);
  });

  it.each(['-1', '9007199254740992', '9'.repeat(400), 'x'])('refuses the offset %j', (offset) => {
    expect(pointersOf(() => pageOf({ offset }))).toEqual(['?offset']);
  });
});

describe('statusOf', () => {
  it('reads a status, or none', () => {
    expect(statusOf({ status: 'pending' })).toBe('pending');
    expect(statusOf({ status: ['nonsense', 'failed'] })).toBe('failed');
    expect(statusOf({})).toBeUndefined();
  });

  it.each(['', 'Pending', 'done', '__proto__'])('refuses the status %j', (status) => {
    expect(pointersOf(() => statusOf({ status }))).toEqual(['?status']);
  });
});

describe('deliveryStatusOf', () => {
  it('reads a status, or none', () => {
    expect([deliveryStatusOf({ status: 'delivered' }), deliveryStatusOf({})]).toEqual(['delivered', undefined]);
  });

  it.each(['', 'Delivered', 'running', '__proto__'])('refuses the status %j', (status) => {
    expect(pointersOf(() => deliveryStatusOf({ status }))).toEqual(['?status']);
  });
});
