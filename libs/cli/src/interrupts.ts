/** Signals that ask a program to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM'];

/** The work was given up because a signal came. The process ends by that signal, so that a script around it ends, too. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly signal: EndSignal) {
    super(`Interrupted by ${signal}.`);
  }
}

/** Calls back at each signal until it is released; then they have their usual effect again. @returns the release. */
export function onEndSignals(listener: (signal: EndSignal) => void): () => void {
  const listeners = SIGNALS.map((signal) => ({ signal, listen: () => listener(signal) }));
  for (const { signal, listen } of listeners) process.on(signal, listen);
  return () => {
    for (const { signal, listen } of listeners) process.off(signal, listen);
  };
}
