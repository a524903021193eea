import type { TerminalStatus } from '@joblib/contract';
import type { TaskSnapshot } from '@joblib/plugins';

import { isoTime } from '../domain/iso-time.js';
import type { Task } from '../domain/task.js';

/** A task that has ended as plugins see it. Numbers beyond a double lose precision here, as in events. */
export function snapshotOf(task: Task): TaskSnapshot {
  return {
    id: task.id,
    job: task.jobName,
    room: task.roomId,
    status: task.status as TerminalStatus,
    payload: JSON.parse(task.payload) as TaskSnapshot['payload'],
    result: task.result === null ? null : (JSON.parse(task.result) as unknown),
    error: task.error === null ? null : (JSON.parse(task.error) as string),
    createdAt: isoTime(task.createdAt),
    startedAt: task.startedAt === null ? null : isoTime(task.startedAt),
    completedAt: isoTime(task.completedAt ?? task.createdAt),
  };
}
