import { ANY, BODY, ROOM_READ, ROOM_WRITE } from './route.js';
import type { Route } from './route.js';

/** What can be done, and by whom. */
export const jobRoutes = [
  {
    operationId: 'registerJob',
    method: 'PUT',
    path: '/v1/joblib/rooms/{room_id}/jobs',
    summary: 'Register a job and link a worker to it',
    problems: [...ANY, ...BODY, ...ROOM_WRITE, 'InvalidCategory', 'WorkerNotFound', 'SchemaConflict'],
  },
  {
    operationId: 'listJobs',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/jobs',
    summary: 'List the jobs that a room can use',
    problems: [...ANY, ...ROOM_READ, 'ValidationError'],
  },
  {
    operationId: 'getJob',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/jobs/{full_name}',
    summary: 'Read a job with its schema',
    problems: [...ANY, ...ROOM_READ, 'JobNotFound'],
  },
] as const satisfies readonly Route[];
