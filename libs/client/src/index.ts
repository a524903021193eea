export { JobManager } from './job-manager.js';
export type { RegisterOptions, RegisterProviderOptions, TaskReference } from './job-manager.js';
export type { JobManagerOptions } from './options.js';
export { defineExtension, extensionWithContext } from './extension/extension.js';
export type {
  AnyExtension,
  ContextOf,
  Extension,
  ExtensionClass,
  ExtensionDefinition,
  InputOf,
  NamedRun,
  ResultOf,
  TaskId,
  TypedTask,
} from './extension/extension.js';
export type { ParsedExtension } from './extension/extension-binding.js';
export type { ReportProgress, RunContext } from './extension/run-context.js';
export type { JsonSchemaValue, PayloadInputOf, PayloadOf, PayloadSchema } from './schema/json-schema-types.js';
export type { StandardIssue, StandardResult, StandardSchema } from './schema/standard-schema.js';
export { defineProvider } from './providers/provider.js';
export type { HandlerOf, ParamsOf, ProviderClass, ProviderDefinition } from './providers/provider.js';
export type { ClaimedTask } from './worker/claimed-task.js';
export type { TaskStream } from './worker/task-stream.js';
export { ManagerStoppedError } from './worker/stop-switch.js';
export type { StopReason } from './worker/stop-switch.js';
export type { SubmitOptions } from './submit.js';
export type { WaitOptions } from './wait-for-task.js';
export { ServerUnreachableError, UnexpectedAnswerError } from './http/errors.js';
export { ProblemError } from '@joblib/contract';
export type {
  CallOptions,
  JobToRegister,
  JoblibApi,
  Me,
  ProviderAnswer,
  ProviderToRegister,
  ProviderUpload,
  TaskReport,
} from './http/joblib-api.js';
export type { FetchFunction, FetchInit } from './http/http-client.js';
export type { TokenOption } from './http/token-source.js';
export { SYSTEM_CLOCK } from './clock.js';
export type { ClientClock } from './clock.js';
export type { ClientLogger } from './logger.js';
export type { RoomFollower, RoomNews } from './sockets/follow-room.js';
export type { JoblibSocket, SocketListener } from './sockets/joblib-socket.js';
