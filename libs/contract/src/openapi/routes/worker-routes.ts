import { ANY, BODY, PATH, ROOM_READ } from './route.js';
import type { Route } from './route.js';

/** Who does it. */
export const workerRoutes = [
  {
    operationId: 'registerWorker',
    method: 'POST',
    path: '/v1/joblib/workers',
    summary: 'Register a worker without a job',
    problems: [...ANY, ...BODY],
  },
  {
    operationId: 'sendHeartbeat',
    method: 'PATCH',
    path: '/v1/joblib/workers/{worker_id}',
    summary: 'Heartbeat: this worker is alive',
    problems: [...ANY, ...PATH, ...BODY, 'WorkerNotFound', 'Forbidden'],
  },
  {
    operationId: 'listWorkers',
    method: 'GET',
    path: '/v1/joblib/workers',
    summary: 'List all workers',
    problems: [...ANY, 'ValidationError'],
  },
  {
    operationId: 'listRoomWorkers',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/workers',
    summary: 'List the workers that serve a room',
    problems: [...ANY, ...ROOM_READ, 'ValidationError'],
  },
  {
    operationId: 'removeWorker',
    method: 'DELETE',
    path: '/v1/joblib/workers/{worker_id}',
    summary: 'Remove a worker',
    problems: [...ANY, ...PATH, 'WorkerNotFound', 'Forbidden'],
  },
] as const satisfies readonly Route[];
