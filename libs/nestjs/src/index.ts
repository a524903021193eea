export { JoblibModule } from './joblib.module.js';
export type { JoblibAsyncOptions, JoblibModuleExtras, JoblibOptions, JoblibRootOptions } from './joblib-options.js';
export { SETTINGS, settingsFromEnv } from './settings-from-env.js';
export type { Setting } from './settings-from-env.js';

export {
  CLOCK,
  EVENT_PUBLISHER,
  IDENTITY,
  INTERNAL_REGISTRY,
  JOBLIB_SETTINGS,
  LocalWakeUps,
  NoProviderRoomCleanup,
  OpenRoomGuard,
  OpenRoomReadGuard,
  PROVIDER_ROOM_CLEANUP,
  RESULT_BACKEND,
  ROOM_GUARD,
  ROOM_READ_GUARD,
  SESSION_MAKER,
  SilentEventPublisher,
  WAKE_UPS,
  emptyInternalRegistry,
  systemClock,
} from './ports/index.js';
export type {
  Caller,
  Clock,
  CredentialSource,
  EventPublisher,
  Identity,
  InternalJob,
  InternalJobContext,
  InternalProvider,
  InternalProviderRead,
  InternalRegistry,
  JoblibSettings,
  ProviderRoomCleanup,
  ResultBackend,
  RoomGuard,
  RoomReadGuard,
  SessionMaker,
  WakeUps,
} from './ports/index.js';

export {
  joblibEntities,
  loadSqliteModule,
  postgresDataSourceOptions,
  postgresMigrations,
  sessionMakerFor,
  sqliteDataSourceOptions,
  sqliteMigrations,
  unavailability,
} from './persistence/index.js';
export type { SqliteDatabase, SqliteModule } from './persistence/index.js';

export { answerUnreadableAddress, problemOf, sendProblem, stopListening } from './http/index.js';
export type { ProblemAnswer, StopOptions } from './http/index.js';
export { InMemoryResultBackend } from './result-backend/index.js';
export type { InMemoryLimits } from './result-backend/index.js';
export { validateRoomId } from './rooms/index.js';
export { ExactJson, JoblibTasks } from './tasks/index.js';
export type {
  BatchSubmission,
  ClaimOutcome,
  ClaimWait,
  ReportOutcome,
  SubmissionTarget,
  SubmittedTask,
  TaskClaim,
  TaskReport,
  TaskSnapshot,
  TaskSubmission,
  TaskWait,
} from './tasks/index.js';
export { WorkerCleanup } from './workers/index.js';
export { JoinRooms, SocketEventPublisher } from './gateway/index.js';
export type { JoiningSocket, SocketFinder } from './gateway/index.js';
export { Sweeper } from './sweeper/index.js';
export type { Swept } from './sweeper/index.js';
export { DatabaseHealth, JoblibStats } from './observability/index.js';
export type { DeliveryAttempt, DeliveryOutcome, JoblibSnapshot } from './observability/index.js';
