import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { Progress, TaskStatus } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { settledTopic } from '../domain/topics.js';
import { INTERNAL_REGISTRY, WAKE_UPS } from '../ports/index.js';
import type { Caller, InternalRegistry, WakeUps } from '../ports/index.js';
import { ReportTasks } from '../tasks/index.js';

/** Runs one claimed `@internal` task from its start to its end. */
@Injectable()
export class InternalTasks {
  readonly #logger = new Logger('InternalTasks');

  constructor(
    private readonly reports: ReportTasks,
    @Inject(INTERNAL_REGISTRY) private readonly registry: InternalRegistry,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  /** Never rejects: what goes wrong fails the task, and is logged when even that cannot be said. */
  async run(task: Task, caller: Caller, stopping: AbortSignal): Promise<void> {
    const ended = new AbortController();
    // Somebody cancelled it, or a clean-up was faster: the run is told, and nothing of it is reported any more.
    const unsubscribe = this.wakeUps.subscribe(settledTopic(task.id), () => ended.abort());
    try {
      await this.#report(caller, task, 'running');
      const result = await this.#execute(task, caller, AbortSignal.any([ended.signal, stopping]));
      await this.#report(caller, task, 'completed', { result: JSON.stringify(result ?? null) });
    } catch (error) {
      if (!ended.signal.aborted) await this.#fail(caller, task, error);
    } finally {
      unsubscribe();
    }
  }

  #execute(task: Task, caller: Caller, signal: AbortSignal): Promise<unknown> {
    const job = this.registry.jobs.get(task.jobName);
    if (job === undefined) throw new Error(`This server has nothing to run '${task.jobName}' with.`);
    return job.run({
      taskId: task.id,
      roomId: task.roomId,
      payload: JSON.parse(task.payload) as Record<string, unknown>,
      signal,
      progress: (progress: Progress) => this.#report(caller, task, 'running', { progress: JSON.stringify(progress) }),
    });
  }

  async #fail(caller: Caller, task: Task, error: unknown): Promise<void> {
    try {
      await this.#report(caller, task, 'failed', { error: JSON.stringify(error instanceof Error ? error.message : String(error)) });
    } catch (refusal) {
      const isOver = refusal instanceof ProblemError && refusal.problem === 'InvalidTaskTransition';
      if (!isOver) this.#logger.error(`Task ${task.id} failed (${String(error)}), which could not be recorded: ${String(refusal)}`);
    }
  }

  async #report(
    caller: Caller,
    task: Task,
    status: TaskStatus,
    said: { result?: string; error?: string; progress?: string } = {},
  ): Promise<void> {
    await this.reports.report({ caller, taskId: task.id, status, result: null, error: null, progress: null, ...said });
  }
}
