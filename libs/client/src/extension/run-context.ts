import type { Progress, TaskView } from '@joblib/contract';

/**
 * Says how far the task is: 0 to 1, or steps done of all. Need not be awaited: it never rejects, and of many calls in a row only the latest is
 * sent. Resolves once it, or a later one, was sent or given up.
 */
export type ReportProgress = (progress: Progress) => Promise<void>;

/** What a run is given. */
export interface RunContext<Payload = unknown, Context = unknown> {
  /** Checked against the schema, with its defaults. */
  readonly payload: Payload;
  /** The task as it was claimed. */
  readonly task: TaskView;
  /** Aborts when the task is no longer ours: it was cancelled, or the worker has to end. */
  readonly signal: AbortSignal;
  readonly progress: ReportProgress;
  /** What was given as `context` when the extension was registered. */
  readonly context: Context;
  /** Handlers of this worker's providers by full name. */
  readonly handlers: ReadonlyMap<string, unknown>;
}
