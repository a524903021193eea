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
