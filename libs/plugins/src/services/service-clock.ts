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

/** What `work` answers, unless `limitMs` pass first. @throws what `late` makes, or what `work` throws. */
export async function within<Answer>(clock: ServiceClock, limitMs: number, work: Promise<Answer>, late: () => Error): Promise<Answer> {
  let cancel: () => void = () => undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    cancel = clock.startTimer(limitMs, () => reject(late()));
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    cancel();
  }
}
