import type { TaskView } from '@joblib/contract';

import type { ExtensionBinding, ParsedExtension } from '../extension/extension-binding.js';
import type { ReportProgress, RunContext } from '../extension/run-context.js';

export interface ClaimedTaskParts {
  readonly view: TaskView;
  readonly binding: ExtensionBinding;
  readonly run: RunContext;
}

/** A task that is this worker's to do. */
export class ClaimedTask {
  readonly id: string;
  /** "room_id:category:name" */
  readonly jobName: string;
  /** Where it was submitted. */
  readonly roomId: string;
  /** The task as the server showed it. */
  readonly view: TaskView;
  /** Checked against the schema, with its defaults. */
  readonly payload: unknown;
  /** What was given as `context` when the extension was registered. */
  readonly context: unknown;
  /** Aborts when the task is no longer ours. */
  readonly signal: AbortSignal;
  readonly progress: ReportProgress;
  /** The extension with this payload: `await task.extension.run()`. */
  readonly extension: ParsedExtension;

  constructor({ view, binding, run }: ClaimedTaskParts) {
    this.id = view.id;
    this.jobName = view.job_name;
    this.roomId = view.room_id;
    this.view = view;
    this.payload = run.payload;
    this.context = run.context;
    this.signal = run.signal;
    this.progress = run.progress;
    this.extension = binding.parse(run);
  }
}
