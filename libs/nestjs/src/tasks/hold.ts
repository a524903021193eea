/** Why a wait ended. */
export type Ending = 'woken' | 'elapsed' | 'aborted';

/**
 * Waits until `register`'s callback is called, the deadline passes or a signal aborts, whichever is first.
 * @param deadlineMs on the monotonic clock of `performance.now()`; `Infinity` for none.
 * @param register hands over the callback; what it returns ends the registration.
 */
export function hold(deadlineMs: number, signals: readonly AbortSignal[], register: (wake: () => void) => () => void): Promise<Ending> {
  return new Promise((resolve) => {
    let unregister: (() => void) | null = null;
    let hasEnded = false as boolean;
    const end = (ending: Ending): void => {
      hasEnded = true;
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', abort);
      unregister?.();
      resolve(ending);
    };
    const abort = (): void => end('aborted');
    const timer = timeout(deadlineMs, () => end('elapsed'));
    if (signals.some(({ aborted }) => aborted)) return abort();
    for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
    unregister = register(() => end('woken'));
    if (hasEnded) unregister();
  });
}

/** Longest time that a timer can be set for, 24 days; of more it would make 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function timeout(deadlineMs: number, callback: () => void): NodeJS.Timeout | undefined {
  if (deadlineMs === Infinity) return undefined;
  return setTimeout(callback, Math.min(Math.max(0, deadlineMs - performance.now()), LONGEST_TIMEOUT_MS));
}
