import { describe, expect, it } from '@jest/globals';

import { InvalidState } from './service-errors.js';
import { SERVICE_STATES, assertTransition, canReset, canRestart, canStart, canStop, canTransition, isActive } from './service-state.js';
import type { ServiceState } from './service-state.js';

/** Written down a second time on purpose: one line for each state, one place for each it may go to. */
const ALLOWED = new Set([
  ...['initialized starting', 'starting running', 'running stopping', 'stopping stopped', 'stopped initialized'],
  ...['initialized failed', 'starting failed', 'running failed', 'stopping failed', 'stopped failed', 'failed failed'],
  'failed initialized',
]);

const PAIRS = SERVICE_STATES.flatMap((from) => SERVICE_STATES.map((to) => [from, to] as const));

describe('the table of states', () => {
  it('has 36 pairs', () => {
    expect(PAIRS).toHaveLength(36);
  });

  it.each(PAIRS.filter(([from, to]) => ALLOWED.has(`${from} ${to}`)))('allows %s -> %s', (from, to) => {
    expect(canTransition(from, to)).toBe(true);
    expect(() => assertTransition('web', from, to)).not.toThrow();
  });

  it.each(PAIRS.filter(([from, to]) => !ALLOWED.has(`${from} ${to}`)))('refuses %s -> %s, naming both', (from, to) => {
    expect(canTransition(from, to)).toBe(false);
    const refusal = refusalOf(() => assertTransition('web', from, to));
    expect(refusal).toBeInstanceOf(InvalidState);
    expect(refusal).toMatchObject({
      message: `Invalid state transition: ${from} -> ${to}`,
      serviceName: 'web',
      from,
      to,
      name: 'InvalidState',
    });
  });

  it.each<[ServiceState, string]>([
    ['initialized', 'start restart'],
    ['starting', 'stop active'],
    ['running', 'stop restart active'],
    ['stopping', 'active'],
    ['stopped', 'start restart reset'],
    ['failed', 'restart reset'],
  ])('in %s: %s', (state, expected) => {
    const answers = { start: canStart, stop: canStop, restart: canRestart, reset: canReset, active: isActive };
    const verbs = Object.entries(answers).filter(([, isAllowed]) => isAllowed(state));
    expect(verbs.map(([verb]) => verb).join(' ')).toBe(expected);
  });
});

function refusalOf(call: () => void): unknown {
  try {
    call();
    return null;
  } catch (error) {
    return error;
  }
}
