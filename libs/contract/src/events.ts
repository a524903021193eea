import type { Progress } from './tasks.js';
import type { TaskStatus } from './task-status.js';

/** What the server tells a socket room. Payloads have snake_case fields; times are ISO 8601, UTC. */
export interface ServerEvents {
  jobs_invalidate: Record<string, never>;
  task_available: { job_name: string; room_id: string; task_id: string };
  task_status_event: {
    id: string;
    name: string;
    room_id: string;
    status: TaskStatus;
    created_at: string;
    started_at: string | null;
    completed_at: string | null;
    queue_position: number | null;
    worker_id: string | null;
    error: string | null;
    progress: Progress | null;
    result: unknown;
  };
  task_cancelled: { task_id: string; job_name: string; room_id: string };
  providers_invalidate: Record<string, never>;
  /** `params` is canonical JSON, `request_id` its hash. */
  provider_request: { request_id: string; provider_name: string; params: string };
  provider_result_ready: { provider_name: string; request_hash: string };
  plugins_invalidate: Record<string, never>;
  services_invalidate: Record<string, never>;
}

/** What a socket may ask. Each may carry an acknowledgement: `{status: "ok"}` or a problem document. */
export interface ClientEvents {
  join_job_room: { job_name: string; worker_id: string };
  leave_job_room: { job_name: string; worker_id: string };
  join_provider_room: { provider_name: string; worker_id: string };
  leave_provider_room: { provider_name: string; worker_id: string };
  room_join: { room_id: string };
  room_leave: { room_id: string };
}

export type ServerEventName = keyof ServerEvents;
export type ClientEventName = keyof ClientEvents;

export const SERVER_EVENTS = [
  'jobs_invalidate',
  'task_available',
  'task_status_event',
  'task_cancelled',
  'providers_invalidate',
  'provider_request',
  'provider_result_ready',
  'plugins_invalidate',
  'services_invalidate',
] as const satisfies readonly ServerEventName[];
export const CLIENT_EVENTS = [
  'join_job_room',
  'leave_job_room',
  'join_provider_room',
  'leave_provider_room',
  'room_join',
  'room_leave',
] as const satisfies readonly ClientEventName[];

/** One event for one socket room; room `room:*` is every `room:<id>`. */
export type RoomEvent = {
  [Name in ServerEventName]: { readonly name: Name; readonly room: string; readonly payload: ServerEvents[Name] };
}[ServerEventName];

/** Stands for every `room:<id>`; it is no socket room itself. */
export const EVERY_ROOM = 'room:*';

/** Socket room of the people in a room: `room:<id>`. The room called `*` has one that is not `EVERY_ROOM` and that no other room id can spell. */
export function socketRoomOfRoom(roomId: string): string {
  return roomId === '*' ? 'room:@*' : `room:${roomId}`;
}

/** Socket room of a job's workers. */
export function socketRoomOfJob(fullName: string): string {
  return `jobs:${fullName}`;
}

/** Socket room of those who answer for a provider. */
export function socketRoomOfProvider(fullName: string): string {
  return `providers:${fullName}`;
}
