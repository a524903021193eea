/** How the server behaves. Names are those of the environment (`ZNDRAW_JOBLIB_<NAME>`), in camelCase. */
export interface JoblibSettings {
  /** Job categories that may be registered. */
  readonly allowedCategories: readonly string[];
  /** A worker silent for longer is cleaned up by the sweeper. */
  readonly workerTimeoutSeconds: number;
  /** How long a worker may be without a socket before it is cleaned up; 0 = at once. */
  readonly workerDisconnectGraceSeconds: number;
  readonly sweeperIntervalSeconds: number;
  /** Longest `Prefer: wait`. */
  readonly longPollMaxWaitSeconds: number;
  /** An `@internal` task claimed or running for longer is failed. */
  readonly internalTaskTimeoutSeconds: number;
  /** Check payloads against the job's schema. */
  readonly payloadValidation: boolean;
  /** Refuse a submit while no linked worker has a fresh heartbeat. */
  readonly requireConnectedWorker: boolean;
  /** A room's private job may be read and submitted to (not listed) from other rooms. */
  readonly allowCrossRoomSubmit: boolean;
  /** Put back what was claimed and not started for longer; 0 = never. */
  readonly claimStartTimeoutSeconds: number;
  /** Delete finished tasks this long after `completed_at`; 0 = keep them for ever. */
  readonly taskRetentionSeconds: number;
  /** Delete deliveries so long after they reached their plugin; 0 = keep them for ever. */
  readonly deliveryRetentionSeconds: number;
  /** A delivery has failed for good after so many attempts. */
  readonly deliveryMaxAttempts: number;
  /** The longest pause between two attempts. */
  readonly deliveryBackoffMaxSeconds: number;
  readonly maxBodyBytes: number;
  /** Provider categories that may be registered; `null` = all. */
  readonly allowedProviderCategories: readonly string[] | null;
  /** How long the answer of a provider is kept. */
  readonly providerResultTtlSeconds: number;
  /** How long a provider has for an answer before it may be asked again. */
  readonly providerInflightTtlSeconds: number;
  /** How long a provider read without `Prefer` is held; 0 = not at all. */
  readonly providerLongPollDefaultSeconds: number;
  /** Longest `Prefer: wait` of a provider read. */
  readonly providerLongPollMaxSeconds: number;
  /** Largest answer of a provider. */
  readonly providerResultMaxBytes: number;
}

export const JOBLIB_SETTINGS = Symbol.for('joblib/Settings');
