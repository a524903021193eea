import { hostname } from 'node:os';

import { bootId, identityOf, isAlive } from '../process/process-identity.js';

/** The labels by which containers are found again. */
export const LABELS = {
  service: 'joblib.service',
  owner: 'joblib.owner',
  /** One `ContainerService`, as long as its process lives. */
  instance: 'joblib.instance',
  /** The process that started it. */
  supervisor: 'joblib.supervisor',
} as const;

/** This process, in a label. */
export function supervisorLabel(): string {
  const startedAt = identityOf(process.pid)?.startedAt ?? '';
  return JSON.stringify({ host: hostname(), bootId, pid: process.pid, startedAt });
}

/** Whether the process in the label is alive, as far as this machine can tell. */
export function isSupervised(label: string | undefined): boolean {
  try {
    const { host, bootId: boot, pid, startedAt } = JSON.parse(label ?? '') as Record<string, unknown>;
    if (host !== hostname() || boot !== bootId || typeof pid !== 'number' || typeof startedAt !== 'string') return false;
    return isAlive({ pid, startedAt });
  } catch {
    return false;
  }
}
