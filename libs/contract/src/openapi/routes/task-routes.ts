import { ANY, BODY, PATH, ROOM_READ, ROOM_WRITE } from './route.js';
import type { Route } from './route.js';

/** Puts tasks into a job's queue. */
const SUBMIT = [
  ...ROOM_WRITE,
  'JobNotFound',
  'PayloadInvalid',
  'IdempotencyMismatch',
  'NoWorkersAvailable',
  'InternalJobNotConfigured',
] as const;

/** What is to be done, and how far it is. */
export const taskRoutes = [
  {
    operationId: 'submitTask',
    method: 'POST',
    path: '/v1/joblib/rooms/{room_id}/tasks/{full_name}',
    summary: 'Submit a task',
    problems: [...ANY, ...BODY, ...SUBMIT],
  },
  {
    operationId: 'submitTasks',
    method: 'POST',
    path: '/v1/joblib/rooms/{room_id}/tasks/{full_name}/batch',
    summary: 'Submit many tasks, all or none',
    problems: [...ANY, ...BODY, ...SUBMIT],
  },
  {
    operationId: 'claimTask',
    method: 'POST',
    path: '/v1/joblib/tasks/claim',
    summary: 'Claim the oldest pending task',
    problems: [...ANY, ...BODY, 'WorkerNotFound', 'Forbidden'],
  },
  {
    operationId: 'reportTask',
    method: 'PATCH',
    path: '/v1/joblib/tasks/{task_id}',
    summary: 'Report a start, progress, a result, a failure or a cancellation',
    problems: [...ANY, ...PATH, ...BODY, 'TaskNotFound', 'Forbidden', 'InvalidTaskTransition'],
  },
  {
    operationId: 'reportTasks',
    method: 'PATCH',
    path: '/v1/joblib/tasks',
    summary: 'Report on many tasks, each on its own',
    problems: [...ANY, ...BODY],
  },
  {
    operationId: 'getTask',
    method: 'GET',
    path: '/v1/joblib/tasks/{task_id}',
    summary: 'Read a task, or wait for its end',
    problems: [...ANY, ...PATH, 'TaskNotFound', 'Forbidden'],
  },
  {
    operationId: 'listRoomTasks',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/tasks',
    summary: 'List the tasks of a room',
    problems: [...ANY, ...ROOM_READ, 'ValidationError'],
  },
  {
    operationId: 'listJobTasks',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/jobs/{full_name}/tasks',
    summary: 'List the tasks of a job that were submitted in a room',
    problems: [...ANY, ...ROOM_READ, 'ValidationError', 'JobNotFound'],
  },
] as const satisfies readonly Route[];
