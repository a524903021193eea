import type { ServiceView } from '@joblib/contract';

import { isoTime } from './iso-time.js';
import type { Service } from './service.js';

/** The wire form of a service. */
export function serviceView({ name, kind, state, health, restarts, startedAt, lastError, requires, server }: Service): ServiceView {
  return {
    ...{ name, kind, state, health, restarts },
    started_at: startedAt === null ? null : isoTime(startedAt),
    last_error: lastError,
    requires,
    server,
  };
}
