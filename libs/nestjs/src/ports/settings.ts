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
  readonly maxBodyBytes: number;
}

export const JOBLIB_SETTINGS = Symbol.for('joblib/Settings');
