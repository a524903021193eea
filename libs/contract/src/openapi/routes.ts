import type { ProblemName } from '../problems.js';

/** Base path of everything but identity, problem pages and the service's own addresses. */
export const BASE_PATH = '/v1/joblib';

/** Who the server takes the caller for. Beside the base path, and authenticated like everything below it. */
export const ME_PATH = '/v1/me';

export type HttpMethod = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** One address with one method. */
export interface Route {
  readonly operationId: string;
  readonly method: HttpMethod;
  /** Parameters as `{snake_case}` segments, e.g. `/v1/joblib/tasks/{task_id}`. */
  readonly path: string;
  readonly summary: string;
  /** Every refusal it may answer; its status is in the catalogue. */
  readonly problems: readonly ProblemName[];
}

/** Any call that looks at a token and the database. */
const ANY = ['Unauthorized', 'DatabaseUnavailable', 'InternalError'] as const;
/** Has parameters in its path. */
const PATH = ['MalformedAddress'] as const;
/** Reads a JSON body. */
const BODY = ['MalformedBody', 'UnsupportedMediaType', 'PayloadTooLarge', 'ValidationError'] as const;
/** Below `/rooms/{room_id}`, reading: the room's form, then the read guard. */
const ROOM_READ = [...PATH, 'InvalidRoomId', 'Forbidden'] as const;
/** Below `/rooms/{room_id}`, writing: the room's form, then the write guard. */
const ROOM_WRITE = [...PATH, 'InvalidRoomId', 'Forbidden', 'RoomLocked'] as const;
/** Puts tasks into a job's queue. */
const SUBMIT = [
  ...ROOM_WRITE,
  'JobNotFound',
  'PayloadInvalid',
  'IdempotencyMismatch',
  'NoWorkersAvailable',
  'InternalJobNotConfigured',
] as const;

/** Every route that is served, in the order in which a reader of `docs/http-api.md` meets them. */
export const ROUTES = [
  {
    operationId: 'getMe',
    method: 'GET',
    path: '/v1/me',
    summary: 'Who am I',
    problems: ['Unauthorized', 'InternalError'],
  },
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
  {
    operationId: 'registerProvider',
    method: 'PUT',
    path: '/v1/joblib/rooms/{room_id}/providers',
    summary: 'Register a provider, or update it',
    problems: [...ANY, ...BODY, ...ROOM_WRITE, 'InvalidCategory', 'WorkerNotFound'],
  },
  {
    operationId: 'listProviders',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/providers',
    summary: 'List the providers that a room can read',
    problems: [...ANY, ...ROOM_READ, 'ValidationError'],
  },
  {
    operationId: 'getProvider',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/providers/{full_name}/info',
    summary: 'Read about a provider',
    problems: [...ANY, ...ROOM_READ, 'ProviderNotFound'],
  },
  {
    operationId: 'readProvider',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/providers/{full_name}',
    summary: 'Read from a provider, or from the cache of its results',
    problems: [
      ...ANY,
      ...ROOM_READ,
      'ProviderNotFound',
      'PayloadInvalid',
      'RangeNotSatisfiable',
      'InternalJobNotConfigured',
      'ProviderDisconnected',
      'ProviderTimeout',
      'ResultBackendUnavailable',
    ],
  },
  {
    operationId: 'uploadProviderResult',
    method: 'POST',
    path: '/v1/joblib/providers/{provider_id}/results',
    summary: 'Upload the result of a read',
    problems: [...ANY, ...PATH, ...BODY, 'ProviderNotFound', 'Forbidden', 'ResultBackendUnavailable'],
  },
  {
    operationId: 'removeProvider',
    method: 'DELETE',
    path: '/v1/joblib/providers/{provider_id}',
    summary: 'Remove a provider',
    problems: [...ANY, ...PATH, 'ProviderNotFound', 'Forbidden'],
  },
  {
    operationId: 'listPlugins',
    method: 'GET',
    path: '/v1/joblib/plugins',
    summary: 'List the plugins of this server',
    problems: [...ANY, 'ValidationError'],
  },
  {
    operationId: 'listDeliveries',
    method: 'GET',
    path: '/v1/joblib/plugins/{plugin_name}/deliveries',
    summary: 'List what a plugin was given, or is to be given',
    problems: [...ANY, ...PATH, 'ValidationError', 'PluginNotFound'],
  },
  {
    operationId: 'retryDelivery',
    method: 'POST',
    path: '/v1/joblib/plugins/{plugin_name}/deliveries/{delivery_id}/retry',
    summary: 'Begin a delivery anew that has failed for good',
    problems: [...ANY, ...PATH, ...BODY, 'DeliveryNotFound', 'Forbidden', 'DeliveryNotFailed'],
  },
  {
    operationId: 'listProblemPages',
    method: 'GET',
    path: '/v1/problems',
    summary: 'List every kind of problem',
    problems: ['InternalError'],
  },
  {
    operationId: 'getProblemPage',
    method: 'GET',
    path: '/v1/problems/{problem_id}',
    summary: 'Explain a kind of problem',
    problems: ['MalformedAddress', 'NotFound', 'InternalError'],
  },
  {
    operationId: 'getLiveness',
    method: 'GET',
    path: '/health/live',
    summary: 'Is the process alive',
    problems: ['InternalError'],
  },
  {
    operationId: 'getReadiness',
    method: 'GET',
    path: '/health/ready',
    summary: 'Can it serve',
    problems: ['InternalError'],
  },
  {
    operationId: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics',
    problems: ['InternalError'],
  },
  {
    operationId: 'getDocsPage',
    method: 'GET',
    path: '/docs',
    summary: 'This API as a page',
    problems: ['InternalError'],
  },
  {
    operationId: 'getOpenApi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI document',
    problems: ['InternalError'],
  },
] as const satisfies readonly Route[];

export type OperationId = (typeof ROUTES)[number]['operationId'];

/** Answered where no route matches: by every unknown address, and by a known one with another method. */
export const UNROUTED_PROBLEMS = ['NotFound', 'MethodNotAllowed'] as const satisfies readonly ProblemName[];
