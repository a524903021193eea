/** What `work` answers, unless the signal aborts first. @throws its reason then. */
export function abortable<Answer>(work: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Calls it in a promise: what it throws at once is a rejection like any other. */
export async function called<Answer>(verb: () => Promise<Answer> | Answer): Promise<Answer> {
  return verb();
}
