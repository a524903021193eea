import type { Service } from './service.js';

export const NOW = Date.UTC(2026, 0, 1);

/** One that runs and is healthy, on a server that was just heard of. */
export function aService(facts: Partial<Service> = {}): Service {
  return {
    ...{ serverId: '019b76da-a800-7000-8000-000000000001', name: 'web', position: 0, kind: 'process', state: 'running', health: 'healthy' },
    ...{
      restarts: 0,
      startedAt: NOW,
      lastError: null,
      requires: [],
      jobs: [],
      server: 'host:1',
      requested: null,
      announcedAt: NOW,
      leftAt: null,
    },
    ...facts,
  };
}
