/** The time as services see it; tests bring one that they move themselves. */
export interface ServiceClock {
  /** Epoch milliseconds that never go backwards. */
  nowMs(): number;
  /** Calls back once after `delayMs`, unless the function it answers was called before. */
  startTimer(delayMs: number, onElapsed: () => void): () => void;
}

/** The machine's own clock. */
export const SYSTEM_SERVICE_CLOCK: ServiceClock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  startTimer: (delayMs, onElapsed) => {
    const timer = setTimeout(onElapsed, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when the signal aborts. Never rejects. */
export function pause(clock: ServiceClock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (delayMs <= 0 || signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.startTimer(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** What `work` answers, unless `limitMs` pass or the signal aborts first. @throws what `late` makes, the signal's reason, or what `work` throws. */
export async function within<Answer>(
  clock: ServiceClock,
  limitMs: number,
  work: Promise<Answer>,
  late: () => Error,
  signal?: AbortSignal,
): Promise<Answer> {
  let cancel: () => void = () => undefined;
  let abort: () => void = () => undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    cancel = clock.startTimer(limitMs, () => reject(late()));
    abort = () => reject(signal?.reason as Error);
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}
