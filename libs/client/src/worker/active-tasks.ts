/** The tasks that were claimed and not yet reported as ended, each with the way to tell its run that it is over. */
export class ActiveTasks {
  readonly #controllers = new Map<string, AbortController>();

  /** @returns the signal of the task's run. */
  add(taskId: string): AbortSignal {
    const controller = new AbortController();
    this.#controllers.set(taskId, controller);
    return controller.signal;
  }

  ids(): readonly string[] {
    return [...this.#controllers.keys()];
  }

  /** It ended. */
  forget(taskId: string): void {
    this.#controllers.delete(taskId);
  }

  /** It is no longer ours: its run is told why. */
  lose(taskId: string, reason: unknown): void {
    this.#controllers.get(taskId)?.abort(reason);
    this.#controllers.delete(taskId);
  }

  loseAll(reason: unknown): void {
    for (const taskId of this.ids()) this.lose(taskId, reason);
  }
}
