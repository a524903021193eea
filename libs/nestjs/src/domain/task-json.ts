import type { RoomEvent } from '@joblib/contract';
import { socketRoomOfJob, socketRoomOfRoom } from '@joblib/contract';

import { isoTime } from './iso-time.js';
import type { Task } from './task.js';

/** The wire form of a task as JSON text; stored JSON goes in as the text it is. `queuePosition` is `null` unless it is pending. */
export function taskJson(task: Task, queuePosition: number | null): string {
  return (
    `{"id":"${task.id}","job_name":${JSON.stringify(task.jobName)},"room_id":${JSON.stringify(task.roomId)},"status":"${task.status}"` +
    `,"created_at":"${isoTime(task.createdAt)}","started_at":${timeJson(task.startedAt)},"completed_at":${timeJson(task.completedAt)}` +
    `,"worker_id":${task.workerId === null ? 'null' : `"${task.workerId}"`},"error":${task.error},"payload":${task.payload}` +
    `,"queue_position":${queuePosition},"result":${task.result},"progress":${task.progress}` +
    `,"created_by_id":${JSON.stringify(task.createdById)},"attempt":${task.attempt}}`
  );
}

/** What everybody in the task's room is told after each transition. Numbers beyond a double lose precision here, as events allow. */
export function taskStatusEvent(task: Task, queuePosition: number | null = null): RoomEvent {
  return {
    name: 'task_status_event',
    room: socketRoomOfRoom(task.roomId),
    payload: {
      id: task.id,
      name: task.jobName,
      room_id: task.roomId,
      status: task.status,
      created_at: isoTime(task.createdAt),
      started_at: task.startedAt === null ? null : isoTime(task.startedAt),
      completed_at: task.completedAt === null ? null : isoTime(task.completedAt),
      queue_position: queuePosition,
      worker_id: task.workerId,
      error: parsed(task.error) as string | null,
      progress: parsed(task.progress) as never,
      result: parsed(task.result),
    },
  };
}

/** Tells the workers of a job that there is something to claim. */
export function taskAvailableEvent(task: Task): RoomEvent {
  return {
    name: 'task_available',
    room: socketRoomOfJob(task.jobName),
    payload: { job_name: task.jobName, room_id: task.roomId, task_id: task.id },
  };
}

/** Tells the workers of a job that one of them should stop. */
export function taskCancelledEvent(task: Task): RoomEvent {
  return {
    name: 'task_cancelled',
    room: socketRoomOfJob(task.jobName),
    payload: { task_id: task.id, job_name: task.jobName, room_id: task.roomId },
  };
}

function timeJson(epochMs: number | null): string {
  return epochMs === null ? 'null' : `"${isoTime(epochMs)}"`;
}

function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
