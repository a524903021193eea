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

/** One read of a provider that the servers run themselves. */
export interface InternalProviderRead {
  /** "@internal:category:name" */
  readonly providerName: string;
  /** Query parameters; of a repeated one the last value. */
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
}

/** A provider that the servers run themselves. Its answers are cached like anyone's. */
export interface InternalProvider {
  /** JSON Schema of the read parameters. */
  readonly schema?: JsonSchema;
  /** Media type of what `read` answers; `application/json` without it. */
  readonly contentType?: string;
  /** Bytes leave as they are, anything else as JSON. Readers get a `ProblemError` as it is, any other rejection as a 500 with its message. */
  read(read: InternalProviderRead): Promise<unknown>;
}

/** What the servers run themselves, by full name (`@internal:category:name`). */
export interface InternalRegistry {
  readonly jobs: ReadonlyMap<string, InternalJob>;
  readonly providers?: ReadonlyMap<string, InternalProvider>;
}

export const INTERNAL_REGISTRY = Symbol.for('joblib/InternalRegistry');

/** Default: nothing. */
export const emptyInternalRegistry: InternalRegistry = { jobs: new Map() };
