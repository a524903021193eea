import { setTimeout as pause } from 'node:timers/promises';

import { sentenceOf } from '../../logger.js';
import type { WebhookSettings } from './webhook-settings.js';

/** Answers that may be different a moment later; all of 500 and above are. */
const PASSING_STATUSES = [408, 425, 429];

const LONGEST_EXCERPT = 200;

type Sending = Pick<WebhookSettings, 'url' | 'retries' | 'retryDelaySeconds' | 'timeoutSeconds'>;

/**
 * Posts until the answer is 2xx. Tries again after a failed connection, a time-out, and an answer that may pass.
 * @throws Error which says what the last attempt came to; the reason of `signal` once it is aborted.
 */
export async function postWithRetries(sending: Sending, headers: Headers, body: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await attemptPost(sending, headers, body, signal);
    signal.throwIfAborted();
    if (outcome === null) return;
    if (!outcome.mayPass || attempt === sending.retries) {
      throw new Error(`POST ${addressOf(sending.url)} ${outcome.failure} (attempt ${attempt + 1} of ${sending.retries + 1})`);
    }
    await pause(sending.retryDelaySeconds * 1000 * 2 ** attempt, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

interface FailedAttempt {
  readonly failure: string;
  readonly mayPass: boolean;
}

async function attemptPost(
  { url, timeoutSeconds }: Sending,
  headers: Headers,
  body: string,
  signal: AbortSignal,
): Promise<FailedAttempt | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
  try {
    // Whoever is redirected would post to an address that nobody configured, or get instead of post.
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit });
    const excerpt = (await response.text()).slice(0, LONGEST_EXCERPT).replaceAll(/\s+/g, ' ').trim();
    if (response.ok) return null;
    const failure = `was answered ${response.status}${excerpt === '' ? '' : `: ${excerpt}`}`;
    return { failure, mayPass: response.status >= 500 || PASSING_STATUSES.includes(response.status) };
  } catch (error) {
    // `fetch failed` says nothing: the reason is its cause.
    return { failure: `failed: ${sentenceOf((error as Error).cause ?? error)}`, mayPass: true };
  }
}

/** Without the query, which may hold a secret. */
function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
