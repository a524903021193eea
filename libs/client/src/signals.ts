/** The part of `process` that a signal needs; browsers have none. */
interface SignalSource {
  once(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
}

const SIGNALS = ['SIGINT', 'SIGTERM'];

/** Calls back at the first SIGINT or SIGTERM; the second has its usual effect. @returns the way to stop listening. */
export function onTerminationSignal(listener: () => void): () => void {
  const { process } = globalThis as { process?: Partial<SignalSource> };
  if (typeof process?.once !== 'function' || typeof process.off !== 'function') return () => undefined;
  const source = process as SignalSource;
  const release = (): void => {
    for (const signal of SIGNALS) source.off(signal, onSignal);
  };
  const onSignal = (): void => {
    release();
    listener();
  };
  for (const signal of SIGNALS) source.once(signal, onSignal);
  return release;
}
