import { ProblemError, SERVICE_CALLS } from '@joblib/contract';
import type { ServiceState, ServiceVerb } from '@joblib/contract';

import { whyUnknown } from './service-life.js';
import type { Service } from './service.js';

export function isCallable(state: ServiceState, verb: ServiceVerb): boolean {
  return SERVICE_CALLS[verb].from.includes(state);
}

/**
 * Says that this cannot be done, with both states. @param service as it was last told. @param said what its supervisor says to it.
 * @returns a problem `InvalidServiceState`.
 */
export function refusedCall(service: Service, verb: ServiceVerb, now: number, said = ''): ProblemError {
  const { name, server, leftAt, requested } = service;
  const gone = whyUnknown(service, now) ?? (leftAt === null ? null : 'Its server has stopped.');
  const state = whyUnknown(service, now) === null ? service.state : 'failed';
  const isTooSoon = isCallable(state, verb) && requested !== null;
  const reason = gone ?? (isTooSoon ? `It was asked to ${requested} just before.` : said);
  const parts = [`Service '${name}' of ${server}:`, reason, `Invalid state transition: ${state} -> ${SERVICE_CALLS[verb].to}.`];
  return new ProblemError('InvalidServiceState', parts.filter((part) => part !== '').join(' '));
}
