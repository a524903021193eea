import { ServiceConfigError } from '../service-errors.js';

/** Whether a service that ended, or is not well, is started again. `on-failure`: unless it ended by itself with exit code 0. */
export type RestartPolicy = 'never' | 'on-failure' | 'always';

/** How patient the supervisor is with a service. */
export interface ServicePolicy {
  /** For each attempt, from its begin to the first healthy check. */
  readonly startTimeoutSeconds: number;
  /** From asking it to end until force is used. */
  readonly stopTimeoutSeconds: number;
  readonly healthIntervalSeconds: number;
  /** A check that takes longer is a failed one. */
  readonly healthTimeoutSeconds: number;
  /** How many failed checks in a row are enough. */
  readonly unhealthyThreshold: number;
  readonly restart: RestartPolicy;
  /** More than so many restarts within the window, and it is `failed`. */
  readonly maxRestarts: number;
  readonly restartWindowSeconds: number;
  /** How many further attempts a start has; 0 = the first is the only one. */
  readonly maxRetries: number;
  /** The longest pause before a further attempt or a restart; the first is 1 s, and each is twice the one before. */
  readonly maxBackoffSeconds: number;
  /** How long force, and cleaning up, may take before they count as failed. */
  readonly forceTimeoutSeconds: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_POLICY: ServicePolicy = {
  startTimeoutSeconds: 30,
  stopTimeoutSeconds: 10,
  healthIntervalSeconds: 5,
  healthTimeoutSeconds: 5,
  unhealthyThreshold: 3,
  restart: 'on-failure',
  maxRestarts: 5,
  restartWindowSeconds: 60,
  maxRetries: 3,
  maxBackoffSeconds: 30,
  forceTimeoutSeconds: 5,
};

/** How often a service that starts is asked whether it is ready. */
export const READY_INTERVAL_MS = 200;

const RESTART_POLICIES: readonly RestartPolicy[] = ['never', 'on-failure', 'always'];
const COUNTS = { unhealthyThreshold: 1, maxRestarts: 0, maxRetries: 0 } as const;
/** The longest time that a timer can wait for. */
const MAX_SECONDS = (2 ** 31 - 1) / 1000;

/** @throws ServiceConfigError naming the key. */
export function completePolicy(given: Partial<ServicePolicy>): ServicePolicy {
  const policy = { ...DEFAULT_POLICY, ...withoutUndefined(given) };
  for (const [key, value] of Object.entries(policy) as [keyof ServicePolicy, unknown][]) assertValue(key, value);
  return policy;
}

function assertValue(key: keyof ServicePolicy, value: unknown): void {
  if (!(key in DEFAULT_POLICY)) {
    throw new ServiceConfigError(`Unknown key ${key}: the policy of a service has ${Object.keys(DEFAULT_POLICY).join(', ')}.`);
  }
  if (key === 'restart') {
    if (RESTART_POLICIES.includes(value as RestartPolicy)) return;
    throw new ServiceConfigError(`restart must be one of ${RESTART_POLICIES.join(', ')}, got ${String(value)}.`);
  }
  if (key in COUNTS) {
    const least = COUNTS[key as keyof typeof COUNTS];
    if (Number.isSafeInteger(value) && Number(value) >= least) return;
    throw new ServiceConfigError(`${key} must be a whole number from ${least}, got ${String(value)}.`);
  }
  if (typeof value === 'number' && value > 0 && value <= MAX_SECONDS) return;
  throw new ServiceConfigError(`${key} must be a number of seconds above 0 and up to ${Math.trunc(MAX_SECONDS)}, got ${String(value)}.`);
}

function withoutUndefined<Shape extends object>(shape: Shape): Partial<Shape> {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Partial<Shape>;
}
