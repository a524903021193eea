export {
  GLOBAL_ROOM,
  INTERNAL_ROOM,
  MAX_NAME_LENGTH,
  categoryDefect,
  formatFullName,
  isReservedRoom,
  isVisibleFrom,
  nameDefect,
  parseFullName,
  roomIdDefect,
  roomsListedFor,
} from './full-name.js';
export type { FullName } from './full-name.js';
export { REPORTABLE_STATUSES, TASK_STATUSES, TERMINAL_STATUSES, isReportable, isTaskStatus, isTerminal } from './task-status.js';
export type { ReportableStatus, TaskStatus, TerminalStatus } from './task-status.js';
export { MAX_EXACT_QUEUE_POSITION } from './tasks.js';
export type { ClaimAnswer, Progress, TaskView } from './tasks.js';
export type { JobSummary, JobView, JsonSchema, RegisteredJob } from './jobs.js';
export type { WorkerSummary, WorkerView } from './workers.js';
export { DEFAULT_PROVIDER_CONTENT_TYPE, MAX_REQUEST_HASH_LENGTH, contentTypeDefect } from './providers.js';
export type { PendingRead, ProviderView } from './providers.js';
export { DELIVERY_STATUSES, isDeliveryStatus } from './plugins.js';
export type { DeliveryStatus, DeliveryView, PluginView } from './plugins.js';
export { SERVICE_CALLS, SERVICE_HEALTHS, SERVICE_STATES, SERVICE_VERBS } from './services.js';
export type { ServiceCall, ServiceHealth, ServiceState, ServiceVerb, ServiceView } from './services.js';
export { canonicalParams, readParamsOf, requestHash } from './request-hash.js';
export type { ReadParams } from './request-hash.js';
export { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT } from './pagination.js';
export type { Page, PageRequest } from './pagination.js';
export { CLIENT_EVENTS, EVERY_ROOM, SERVER_EVENTS, socketRoomOfJob, socketRoomOfProvider, socketRoomOfRoom } from './events.js';
export type { ClientEventName, ClientEvents, RoomEvent, ServerEventName, ServerEvents } from './events.js';
export { PROBLEMS, PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX, ProblemError } from './problems.js';
export type { FieldError, ProblemDocument, ProblemExtras, ProblemName, ProblemType } from './problems.js';
export { BASE_PATH, ME_PATH, ROUTES, UNROUTED_PROBLEMS } from './openapi/routes.js';
export type { HttpMethod, OperationId, Route } from './openapi/routes.js';
export { openApiDocument } from './openapi/document.js';
export type { OpenApiDocument } from './openapi/types.js';
