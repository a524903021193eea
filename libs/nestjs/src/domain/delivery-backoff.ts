const MAX_ATTEMPTS = 10;
const MAX_PAUSE_SECONDS = 300;

/** When a delivery that failed is tried again: after 1, 2, 4 … seconds, up to a longest pause; `null` after the last attempt. */
export function nextAttemptAt(attempts: number, now: number): number | null {
  if (attempts >= MAX_ATTEMPTS) return null;
  return now + Math.min(2 ** (attempts - 1), MAX_PAUSE_SECONDS) * 1000;
}
