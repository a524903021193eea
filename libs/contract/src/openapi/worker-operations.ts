import { PAGE_PARAMETERS } from './operation.js';
import type { OperationDetails } from './operation.js';
import { answers, body } from './responses.js';
import type { OperationId } from './routes.js';

const tag = 'workers';

export const workerOperations = {
  registerWorker: {
    tag,
    description: 'The worker belongs to the caller. Registering a job without `worker_id` makes a worker too.',
    requestBody: body('Empty', false),
    responses: { 201: answers('Registered.', 'Worker') },
  },
  sendHeartbeat: {
    tag,
    description:
      'A worker that is silent for longer than `WORKER_TIMEOUT_SECONDS` is removed and its tasks fail. A claim counts as a heartbeat, for as long as it is held.',
    requestBody: body('Empty', false),
    responses: { 200: answers('Noted. The time is that of the server.', 'Heartbeat') },
  },
  listWorkers: { tag, parameters: PAGE_PARAMETERS, responses: { 200: answers('Workers, newest first.', 'WorkerPage') } },
  listRoomWorkers: {
    tag,
    description: 'Workers with a job that can be seen from the room.',
    parameters: PAGE_PARAMETERS,
    responses: { 200: answers('Workers, newest first.', 'WorkerPage') },
  },
  removeWorker: {
    tag,
    description:
      'Its claimed and running tasks become `failed` ("Worker disconnected"), its links to jobs go, jobs left without worker and pending task go too. Only its owner or a superuser may.',
    responses: { 204: { description: 'Removed.' } },
  },
} satisfies Partial<Record<OperationId, OperationDetails>>;
