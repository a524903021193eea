import { describe, expect, it } from '@jest/globals';

import { startOrder } from './start-order.js';

function service(name: string, ...requires: string[]): { name: string; requires: string[] } {
  return { name, requires };
}

describe('startOrder', () => {
  it('puts what is required first, and keeps the order otherwise', () => {
    const order = startOrder([service('a', 'd'), service('b'), service('c', 'b', 'd'), service('d', 'e'), service('e')]);
    expect(order.map(({ name }) => name)).toEqual(['e', 'd', 'a', 'b', 'c']);
  });

  it.each([
    [[service('a', 'a')], 'a -> a'],
    [[service('x', 'a'), service('a', 'b'), service('b', 'c'), service('c', 'a')], 'a -> b -> c -> a'],
  ])('names the cycle', (services, cycle) => {
    expect(() => startOrder(services)).toThrow(`Services require each other: ${cycle}.`);
  });

  it('names what is not there, and what is there twice', () => {
    expect(() => startOrder([service('a', 'z')])).toThrow('Service a requires z, and there is no service of that name.');
    expect(() => startOrder([service('a'), service('b'), service('a')])).toThrow('There are two services named a');
  });
});
