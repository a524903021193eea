export const SERVICE_STATES = ['initialized', 'starting', 'running', 'stopping', 'stopped', 'failed'] as const;
/** What a service is at: only `failed` needs somebody who resets it. */
export type ServiceState = (typeof SERVICE_STATES)[number];

export const SERVICE_HEALTHS = ['healthy', 'unhealthy', 'unknown'] as const;
/** `unknown` unless it runs. */
export type ServiceHealth = (typeof SERVICE_HEALTHS)[number];

export const SERVICE_VERBS = ['start', 'stop', 'restart', 'reset'] as const;
/** What may be asked of a service: the last segment of an address. */
export type ServiceVerb = (typeof SERVICE_VERBS)[number];

/** Where a call leads, and from which states it may be made. */
export interface ServiceCall {
  readonly from: readonly ServiceState[];
  readonly to: ServiceState;
}

export const SERVICE_CALLS: Readonly<Record<ServiceVerb, ServiceCall>> = {
  start: { from: ['initialized', 'stopped'], to: 'starting' },
  stop: { from: ['starting', 'running'], to: 'stopping' },
  restart: { from: ['initialized', 'running', 'stopped', 'failed'], to: 'starting' },
  reset: { from: ['stopped', 'failed'], to: 'initialized' },
};

/** A program or a container that a server runs. Times are ISO 8601, UTC. */
export interface ServiceView {
  readonly name: string;
  /** `process`, `container`, or what a host calls it. */
  readonly kind: string;
  readonly state: ServiceState;
  readonly health: ServiceHealth;
  /** How often its server started it again by itself. */
  readonly restarts: number;
  /** Since when it runs; `null` when it does not. */
  readonly started_at: string | null;
  readonly last_error: string | null;
  /** Names of services that run before it is started. */
  readonly requires: readonly string[];
  /** Whose it is, for people: `<host name>:<process id>`. */
  readonly server: string;
}
