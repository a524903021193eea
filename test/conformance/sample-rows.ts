// One of everything that statements are asked to store.
import type { Delivery } from '../../libs/nestjs/src/domain/delivery.js';
import type { Service } from '../../libs/nestjs/src/domain/service.js';

export const ID = '019b76da-a800-7000-8000-09a623979c3c';
export const IDS = [ID, ID.replace('019b', '019c')];
export const NOW = 1_767_225_600_000;

export const CHANGE = { taskId: ID, result: null, error: null, progress: null, userId: 'ann', isSuperuser: false, now: NOW };
export const JOB = { id: ID, roomId: 'lab', category: 'modifiers', name: 'Rotate', schema: '{}', createdAt: NOW, deletedAt: null };
export const PROVIDER = {
  ...{ id: ID, roomId: 'lab', category: 'files', name: 'disk', schema: '{}', contentType: 'text/plain' },
  ...{ userId: 'ann', workerId: ID, registrationId: ID, createdAt: NOW },
};
export const DELIVERY: Delivery = {
  ...{ id: ID, plugin: 'chat', taskId: ID, status: 'pending', attempts: 1, createdAt: NOW, nextAttemptAt: NOW },
  ...{ deliveredAt: null, error: null },
};
export const SERVICE: Service = {
  ...{ serverId: ID, name: 'web', position: 0, kind: 'process', state: 'running', health: 'healthy', restarts: 0, startedAt: NOW },
  ...{ lastError: null, requires: [], jobs: [], server: 'host:1', requested: null, announcedAt: NOW, leftAt: null },
};
export const WORKER = { id: ID, userId: 'ann', createdAt: NOW, lastHeartbeat: NOW };
export const KEY = { userId: 'ann', roomId: 'lab', jobName: 'a:b:c', key: 'k', fingerprint: 'f', taskIds: '[]', createdAt: NOW };

export const PENDING = {
  id: ID,
  jobId: ID,
  jobName: 'a:b:c',
  roomId: 'lab',
  createdById: 'ann',
  status: 'pending',
  payload: '{}',
  result: null,
  error: null,
  progress: null,
  attempt: 0,
  workerId: null,
  claimedById: null,
  createdAt: NOW,
  claimedAt: null,
  startedAt: null,
  completedAt: null,
} as const;
