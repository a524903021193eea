import type { HealthStatus } from '../service-plugin.js';
import type { ServiceState } from '../service-state.js';

/** A service at one moment. */
export interface ServiceStatus {
  readonly name: string;
  /** `process`, `container`, or whatever its definition says. */
  readonly kind: string;
  readonly state: ServiceState;
  /** `unknown` unless it runs. */
  readonly health: HealthStatus;
  /** How often the supervisor started it again by itself. */
  readonly restarts: number;
  /** Since when it runs; `null` when it does not. */
  readonly startedAt: Date | null;
  readonly lastError: string | null;
  readonly requires: readonly string[];
  /** Full names of the jobs that need it. */
  readonly jobs: readonly string[];
  /** How long the last health check took. */
  readonly healthLatencyMs: number | null;
}

/** One step of a service; `status` is how it was right after it. */
export type ServiceChange =
  | { readonly kind: 'state'; readonly from: ServiceState; readonly to: ServiceState; readonly status: ServiceStatus }
  | { readonly kind: 'health'; readonly from: HealthStatus; readonly to: HealthStatus; readonly status: ServiceStatus };

/** One health check, those before it was ready included. */
export interface HealthCheckReport {
  readonly serviceName: string;
  readonly status: HealthStatus;
  readonly latencyMs: number;
  /** Why it is unhealthy. */
  readonly error: Error | null;
}
