import { isoTime } from './iso-time.js';
import type { Service } from './service.js';

/** A server that has not announced its services for so long is taken for dead. */
export const DEAD_AFTER_MS = 20_000;

/** What a server that is gone had is remembered for so long, in case it comes back. */
export const FORGOTTEN_AFTER_MS = 300_000;

type SignOfLife = Pick<Service, 'announcedAt' | 'leftAt'>;

/** Whether its server is there: it can be called, and its health counts. */
export function isAlive({ announcedAt, leftAt }: SignOfLife, now: number): boolean {
  return leftAt === null && now - announcedAt <= DEAD_AFTER_MS;
}

export function isForgotten({ announcedAt }: SignOfLife, now: number): boolean {
  return now - announcedAt > FORGOTTEN_AFTER_MS;
}

/** Why nobody can say how it is; `null` while its server lives, and for what that had stopped before it left. */
export function whyUnknown(service: Service, now: number): string | null {
  const { state, announcedAt, leftAt } = service;
  if (isAlive(service, now)) return null;
  if (leftAt === null) return `Its server has not been heard of since ${isoTime(announcedAt)}.`;
  return state === 'stopped' || state === 'failed' ? null : `Its server stopped at ${isoTime(leftAt)}.`;
}

/** The service as it is to be taken now: what nobody can say anything about has failed. */
export function asItIs(service: Service, now: number): Service {
  const why = whyUnknown(service, now);
  return why === null ? service : { ...service, state: 'failed', health: 'unknown', startedAt: null, lastError: why };
}

/** In the order of lists. */
export function compareServices(left: Service, right: Service): number {
  return left.position - right.position || compareTexts(left.name, right.name) || compareTexts(left.serverId, right.serverId);
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
