import type { Provider } from '@nestjs/common';

import { SocketEventPublisher } from './gateway/index.js';
import type { JoblibOptions } from './joblib-options.js';
import { JOBLIB_OPTIONS } from './joblib-options.js';
import { OwnedDataSource } from './owned-data-source.js';
import { sessionMakerFor } from './persistence/index.js';
import {
  CLOCK,
  EVENT_PUBLISHER,
  IDENTITY,
  INTERNAL_REGISTRY,
  JOBLIB_SETTINGS,
  PLUGIN_MANAGER,
  LocalWakeUps,
  NoProviderRoomCleanup,
  OpenRoomGuard,
  OpenRoomReadGuard,
  PROVIDER_ROOM_CLEANUP,
  RESULT_BACKEND,
  ROOM_GUARD,
  ROOM_READ_GUARD,
  SESSION_MAKER,
  SUPERVISOR,
  SilentEventPublisher,
  WAKE_UPS,
  emptyInternalRegistry,
  systemClock,
} from './ports/index.js';
import type { Clock, JoblibSettings, ResultBackend, SessionMaker } from './ports/index.js';
import { InMemoryResultBackend } from './result-backend/index.js';
import { settingsFromEnv } from './settings-from-env.js';

/** What every token is when a host says nothing: safe, or a start that fails with a sentence. */
export function defaultProviders(hasGateway: boolean): Provider[] {
  return [
    { provide: CLOCK, useValue: systemClock },
    { provide: IDENTITY, useFactory: refuseToStartWithoutIdentity },
    { provide: ROOM_GUARD, useClass: OpenRoomGuard },
    { provide: ROOM_READ_GUARD, useClass: OpenRoomReadGuard },
    hasGateway
      ? { provide: EVENT_PUBLISHER, useExisting: SocketEventPublisher }
      : { provide: EVENT_PUBLISHER, useClass: SilentEventPublisher },
    { provide: WAKE_UPS, useClass: LocalWakeUps },
    { provide: INTERNAL_REGISTRY, useValue: emptyInternalRegistry },
    { provide: RESULT_BACKEND, useFactory: resultBackendOf, inject: [CLOCK, JOBLIB_SETTINGS] },
    { provide: PROVIDER_ROOM_CLEANUP, useClass: NoProviderRoomCleanup },
    { provide: JOBLIB_SETTINGS, useFactory: settingsOf, inject: [JOBLIB_OPTIONS] },
    { provide: PLUGIN_MANAGER, useFactory: ({ plugins }: JoblibOptions) => plugins ?? null, inject: [JOBLIB_OPTIONS] },
    { provide: SUPERVISOR, useFactory: ({ services }: JoblibOptions) => services ?? null, inject: [JOBLIB_OPTIONS] },
    { provide: SESSION_MAKER, useFactory: sessionMakerOf, inject: [OwnedDataSource] },
  ];
}

function refuseToStartWithoutIdentity(): never {
  throw new Error('JoblibModule does not know who is calling: put a provider for the token IDENTITY into `overrides`.');
}

function settingsOf({ settings }: JoblibOptions): JoblibSettings {
  return { ...settingsFromEnv(process.env), ...settings };
}

/** An answer is kept with some words about it. */
const LEAST_CACHE_BYTES = 64 * 1024 * 1024;

/** Room for some of the largest answers, whatever they are. */
function resultBackendOf(clock: Clock, { providerResultMaxBytes }: JoblibSettings): ResultBackend {
  return new InMemoryResultBackend(clock, { maxBytes: Math.max(LEAST_CACHE_BYTES, 4 * providerResultMaxBytes) });
}

async function sessionMakerOf(owned: OwnedDataSource): Promise<SessionMaker> {
  return sessionMakerFor(await owned.open());
}
