import { onAbort } from './abort.js';

/** The time as the client sees it; tests bring one that they move themselves. */
export interface ClientClock {
  /** Milliseconds that never go backwards; only differences mean anything. */
  nowMs(): number;
  /** Calls back once after `delayMs`, unless the function it answers was called before. */
  startTimer(delayMs: number, onElapsed: () => void): () => void;
}

/** The machine's own clock. */
export const SYSTEM_CLOCK: ClientClock = {
  nowMs: () => performance.now(),
  startTimer: (delayMs, onElapsed) => {
    const timer = setTimeout(onElapsed, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when one of the signals aborts. Never rejects. */
export function pause(clock: ClientClock, delayMs: number, signals: readonly AbortSignal[] = []): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      for (const release of releases) release();
      resolve();
    };
    const releases = [clock.startTimer(delayMs, end), ...signals.map((signal) => onAbort(signal, end))];
  });
}

/** Waits for what must not reject, up to `delayMs`. @returns whether all of it has ended. */
export async function endsWithin(clock: ClientClock, delayMs: number, work: Iterable<Promise<unknown>>): Promise<boolean> {
  const ended = new AbortController();
  void Promise.all(work).then(() => ended.abort());
  await pause(clock, delayMs, [ended.signal]);
  return ended.signal.aborted;
}
