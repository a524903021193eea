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
  OpenRoomGuard,
  OpenRoomReadGuard,
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
  InternalRegistry,
  JoblibSettings,
  RoomGuard,
  RoomReadGuard,
  SessionMaker,
  WakeUps,
} from './ports/index.js';

export {
  joblibEntities,
  loadSqliteModule,
  sessionMakerFor,
  sqliteDataSourceOptions,
  sqliteMigrations,
  unavailability,
} from './persistence/index.js';
export type { SqliteDatabase, SqliteModule } from './persistence/index.js';

export { answerUnreadableAddress, problemOf, sendProblem } from './http/index.js';
export type { ProblemAnswer } from './http/index.js';
export { validateRoomId } from './rooms/index.js';
export { WorkerCleanup } from './workers/index.js';
export { JoinRooms, SocketEventPublisher } from './gateway/index.js';
export type { JoiningSocket, SocketFinder } from './gateway/index.js';
export { Sweeper } from './sweeper/index.js';
export type { Swept } from './sweeper/index.js';
export { DatabaseHealth, JoblibStats } from './observability/index.js';
export type { JoblibSnapshot } from './observability/index.js';
