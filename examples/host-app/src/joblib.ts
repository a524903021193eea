import {
  CLOCK,
  EVENT_PUBLISHER,
  IDENTITY,
  INTERNAL_REGISTRY,
  JOBLIB_SETTINGS,
  JoblibModule,
  PROVIDER_ROOM_CLEANUP,
  RESULT_BACKEND,
  ROOM_GUARD,
  ROOM_READ_GUARD,
  SESSION_MAKER,
  WAKE_UPS,
} from '@joblib/nestjs';
import { DatabaseModule } from './database/database.module.js';
import { StudioSessions } from './database/studio-sessions.js';
import { EmitterWakeUps } from './overrides/emitter-wake-ups.js';
import { FolderResultBackend } from './overrides/folder-result-backend.js';
import { LockedRoomGuard } from './overrides/locked-room.guard.js';
import { ForgetfulRooms } from './overrides/forgetful-rooms.js';
import { PrivateRoomGuard } from './overrides/private-room.guard.js';
import { StudioClock } from './overrides/studio-clock.js';
import { StudioEvents } from './overrides/studio-events.js';
import { StudioIdentity } from './overrides/studio-identity.js';
import { studioRegistry } from './overrides/studio-registry.js';
import { studioSettings } from './overrides/studio-settings.js';
import { RoomsModule } from './rooms/rooms.module.js';

/** The task server, with everything that a host may decide decided by us. */
export const joblib = JoblibModule.forRoot({
  imports: [DatabaseModule, RoomsModule],
  gateway: false,
  overrides: [
    { provide: SESSION_MAKER, useExisting: StudioSessions },
    { provide: IDENTITY, useClass: StudioIdentity },
    { provide: ROOM_GUARD, useClass: LockedRoomGuard },
    { provide: ROOM_READ_GUARD, useClass: PrivateRoomGuard },
    { provide: EVENT_PUBLISHER, useClass: StudioEvents },
    { provide: RESULT_BACKEND, useClass: FolderResultBackend },
    { provide: PROVIDER_ROOM_CLEANUP, useClass: ForgetfulRooms },
    { provide: WAKE_UPS, useClass: EmitterWakeUps },
    { provide: JOBLIB_SETTINGS, useValue: studioSettings },
    { provide: INTERNAL_REGISTRY, useValue: studioRegistry },
    { provide: CLOCK, useClass: StudioClock },
  ],
});
