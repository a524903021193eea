import type { JsonSchema, Progress } from '@joblib/contract';

/** What a task gives to the code that runs it inside the server. */
export interface InternalJobContext {
  readonly taskId: string;
  readonly roomId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Aborted when the task is cancelled or the server stops. */
  readonly signal: AbortSignal;
  /** Shows everybody in the room how far the task is. */
  progress(progress: Progress): Promise<void>;
}

/** A job that the servers run themselves. */
export interface InternalJob {
  readonly schema?: JsonSchema;
  /** What it resolves to becomes the task's `result` (JSON); a rejection fails the task with its message. */
  run(context: InternalJobContext): Promise<unknown>;
}

/** What the servers run themselves, by full name (`@internal:category:name`). */
export interface InternalRegistry {
  readonly jobs: ReadonlyMap<string, InternalJob>;
}

export const INTERNAL_REGISTRY = Symbol.for('joblib/InternalRegistry');

/** Default: nothing. */
export const emptyInternalRegistry: InternalRegistry = { jobs: new Map() };
