import { SERVICE_CALLS, SERVICE_HEALTHS, SERVICE_STATES, SERVICE_VERBS } from '@joblib/contract';
import type { ServiceHealth, ServiceState, ServiceVerb } from '@joblib/contract';
import { describe, expect, it } from '@jest/globals';
import * as supervisor from '@joblib/plugins/services';

import { DEAD_AFTER_MS } from './service-life.js';
import { isCallable, refusedCall } from './service-calls.js';
import { NOW, aService } from './service.fixture.js';

const RULES = { start: supervisor.canStart, stop: supervisor.canStop, restart: supervisor.canRestart, reset: supervisor.canReset };
const refusal = (service: Parameters<typeof aService>[0], verb: ServiceVerb): string => refusedCall(aService(service), verb, NOW).message;

describe('calls of services', () => {
  it('are for the states that the supervisor takes them in', () => {
    const states: readonly supervisor.ServiceState[] = SERVICE_STATES;
    expect(states).toEqual(supervisor.SERVICE_STATES);
    for (const verb of SERVICE_VERBS) expect(states.filter((state) => isCallable(state, verb))).toEqual(states.filter(RULES[verb]));
  });

  it('know the healths that the supervisor knows', () => {
    const all: Record<supervisor.HealthStatus & ServiceHealth, true> = { healthy: true, unhealthy: true, unknown: true };
    expect(Object.keys(all)).toEqual([...SERVICE_HEALTHS]);
  });

  it.each(SERVICE_VERBS.flatMap((verb) => SERVICE_STATES.map((state) => [verb, state] as [ServiceVerb, ServiceState])))(
    'refuse a %s of what is %s with both states',
    (verb, state) => {
      const problem = refusedCall(aService({ state }), verb, NOW);
      expect(problem.problem).toBe('InvalidServiceState');
      expect(problem.message).toBe(`Service 'web' of host:1: Invalid state transition: ${state} -> ${SERVICE_CALLS[verb].to}.`);
    },
  );

  it('say why, where the state would allow it', () => {
    expect(refusal({ requested: 'restart' }, 'stop')).toBe(
      "Service 'web' of host:1: It was asked to restart just before. Invalid state transition: running -> stopping.",
    );
    expect(refusal({ announcedAt: NOW - DEAD_AFTER_MS - 1 }, 'restart')).toBe(
      "Service 'web' of host:1: Its server has not been heard of since 2025-12-31T23:59:39.999Z. Invalid state transition: failed -> starting.",
    );
    expect(refusal({ state: 'stopped', leftAt: NOW }, 'start')).toBe(
      "Service 'web' of host:1: Its server has stopped. Invalid state transition: stopped -> starting.",
    );
    expect(refusal({ leftAt: NOW }, 'stop')).toBe(
      "Service 'web' of host:1: Its server stopped at 2026-01-01T00:00:00.000Z. Invalid state transition: failed -> stopping.",
    );
  });

  it('do not blame another call where the state does not allow it anyway', () => {
    expect(refusal({ requested: 'stop' }, 'start')).not.toContain('asked');
  });

  it('hand on what the supervisor says', () => {
    expect(refusedCall(aService({ state: 'stopped' }), 'start', NOW, 'It is disposed.').message).toContain(': It is disposed. Invalid');
  });
});
