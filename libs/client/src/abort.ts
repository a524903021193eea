/** Whether it has aborted by now: a question that may be asked again after waiting. */
export function hasAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts, at once if it has. One real listener serves any number of ours: a worker's signals have one for
 * each call that is under way, and Node takes more than ten for a leak. @returns the way to stop listening.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  const own = (): void => listener();
  const listeners = listenersOf.get(signal) ?? listenTo(signal);
  listeners.add(own);
  return () => void listeners.delete(own);
}

/** A signal that aborts with the first of these, with its reason. `release` lets go of them. */
export function firstAbortOf(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const releases = signals.map((signal) => onAbort(signal, () => controller.abort(signal.reason)));
  return { signal: controller.signal, release: () => releases.forEach((release) => release()) };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  const tellAll = (): void => {
    for (const listener of listeners) listener();
  };
  signal.addEventListener('abort', tellAll, { once: true });
  return listeners;
}
