import type { ServiceHealth, ServiceState, ServiceVerb } from '@joblib/contract';

/** A service of some server, as that server last told. Times are epoch milliseconds, UTC. */
export interface Service {
  readonly serverId: string;
  readonly name: string;
  /** Its place in the order in which its server starts its own: from 0. */
  readonly position: number;
  readonly kind: string;
  readonly state: ServiceState;
  readonly health: ServiceHealth;
  readonly restarts: number;
  readonly startedAt: number | null;
  readonly lastError: string | null;
  readonly requires: readonly string[];
  /** Full names of the jobs that need it. */
  readonly jobs: readonly string[];
  /** "host name:process id" */
  readonly server: string;
  /** What somebody asked for on another server, until its own has taken note of it. */
  readonly requested: ServiceVerb | null;
  /** When its server showed the last sign of life. */
  readonly announcedAt: number;
  /** When its server said that it stops; `null` while it has not. */
  readonly leftAt: number | null;
}
