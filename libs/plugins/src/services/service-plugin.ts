/** What a start gives: enough to look after it and to end it. */
export interface ServiceHandle {
  /** Different for every start. */
  readonly id: string;
  readonly serviceName: string;
  /** `pid` of a process, `container_id` of a container. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** `unknown` when it cannot be told: it counts neither way. */
export type HealthStatus = 'healthy' | 'unhealthy' | 'unknown';

/** How something ended by itself. */
export interface ServiceEnd {
  /** `null` when a signal ended it, or nobody knows. */
  readonly exitCode: number | null;
  readonly signal?: string | null;
}

/** How many of what it takes while it runs. */
export interface ResourceNeed {
  readonly type: string;
  /** 1 when absent. */
  readonly amount?: number;
}

/** Something that can be run. Its author writes the verbs; states, retries, limits and restarts are the supervisor's. */
export interface ServicePlugin {
  readonly name: string;
  /** Taken from the supervisor's tracker before each attempt to start, and given back. Nothing when absent. */
  readonly resources?: readonly ResourceNeed[];
  /** Resolves when there is something to look after: it need not be ready. Aborted when it takes too long or is not wanted any more. */
  start(signal: AbortSignal): Promise<ServiceHandle>;
  /** What it throws means `unhealthy`. Until the first `healthy` a service is not ready. */
  healthCheck(handle: ServiceHandle): Promise<HealthStatus>;
  /** Asks it to end, and resolves when it has. */
  stop(handle: ServiceHandle): Promise<void>;
  /** Ends it, whatever it is at; also when it has ended by itself, for what it left behind. May be called again. */
  forceStop(handle: ServiceHandle): Promise<void>;
  /** After every stop and every failed start: nothing of it is left when it resolves. */
  cleanup(): Promise<void>;
  /** Resolves when it has ended by itself. Without it, only health checks tell. */
  ended?(handle: ServiceHandle): Promise<ServiceEnd>;
}
