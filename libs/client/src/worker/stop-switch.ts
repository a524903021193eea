/** Why a manager stopped working. */
export type StopReason =
  /** `disconnect()` was called, or a signal came through `wait()`. */
  | { readonly kind: 'disconnected' }
  /** The `signal` given to `serve()` aborted. The manager itself goes on. */
  | { readonly kind: 'aborted' }
  /** The server refused this worker: swept, deleted, or no longer allowed. */
  | { readonly kind: 'registration-lost'; readonly error: unknown }
  /** No answer for longer than `maxUnreachableSeconds`. */
  | { readonly kind: 'unreachable'; readonly error: unknown };

/** Something was asked of a manager that has stopped. `cause` is the error that stopped it, if one did. */
export class ManagerStoppedError extends Error {
  override readonly name = 'ManagerStoppedError';

  constructor(readonly reason: StopReason) {
    super(`This JobManager has stopped (${reason.kind}); make a new one.`, 'error' in reason ? { cause: reason.error } : undefined);
  }
}

/** Turned once; the first reason counts. */
export class StopSwitch {
  readonly #controller = new AbortController();
  #reason: StopReason | null = null;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): StopReason | null {
    return this.#reason;
  }

  stop(reason: StopReason): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#controller.abort(new ManagerStoppedError(reason));
  }

  /** @throws ManagerStoppedError after the stop. */
  assertRunning(): void {
    if (this.#reason !== null) throw new ManagerStoppedError(this.#reason);
  }
}
