import { InvalidState } from './service-errors.js';

/** Every state that a service can be in. */
export const SERVICE_STATES = ['initialized', 'starting', 'running', 'stopping', 'stopped', 'failed'] as const;

/** What a service is at: only `failed` needs somebody who resets it. */
export type ServiceState = (typeof SERVICE_STATES)[number];

/** Where each state may go. From `failed`, and from `stopped`, it is a reset, or the begin of a start, that leads to `initialized`. */
const NEXT: Readonly<Record<ServiceState, readonly ServiceState[]>> = {
  initialized: ['starting', 'failed'],
  starting: ['running', 'failed'],
  running: ['stopping', 'failed'],
  stopping: ['stopped', 'failed'],
  stopped: ['initialized', 'failed'],
  failed: ['initialized', 'failed'],
};

/** Whether the table allows it. */
export function canTransition(from: ServiceState, to: ServiceState): boolean {
  return NEXT[from].includes(to);
}

/** @throws InvalidState which names both states. */
export function assertTransition(serviceName: string, from: ServiceState, to: ServiceState): void {
  if (!canTransition(from, to)) throw new InvalidState(serviceName, from, to);
}

/** Whether `start` is for it: `stopped` passes through `initialized` then. */
export function canStart(state: ServiceState): boolean {
  return state === 'initialized' || state === 'stopped';
}

/** Whether `stop` is for it: a start is aborted, and ends as `failed`. */
export function canStop(state: ServiceState): boolean {
  return state === 'starting' || state === 'running';
}

/** Whether `restart` is for it: what runs is stopped first, what failed is reset. */
export function canRestart(state: ServiceState): boolean {
  return state !== 'starting' && state !== 'stopping';
}

/** Whether `reset` is for it. */
export function canReset(state: ServiceState): boolean {
  return state === 'failed' || state === 'stopped';
}

/** Whether something may be running of it: it has resources, and others may count on it or wait for it. */
export function isActive(state: ServiceState): boolean {
  return state === 'starting' || state === 'running' || state === 'stopping';
}
