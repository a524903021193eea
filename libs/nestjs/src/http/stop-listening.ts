import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const LOOK_EVERY_MS = 50;

/** What may be left to a host that stops. */
export interface StopOptions {
  /** A connection that is still open after so long is cut: a client that is slow, or never says a word, must not hold up a stop. */
  readonly lastCallSeconds?: number;
}

/**
 * Stops taking connections, and closes the open ones as soon as they are idle. What is asked over them meanwhile is served.
 * Resolves when none is left. For the moment before `app.close()`, which by itself waits for clients that never say a word.
 */
export async function stopListening(server: Server, { lastCallSeconds = 5 }: StopOptions = {}): Promise<void> {
  if (!server.listening) return;
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  closeWhatGetsIdle(server);
  const lastCall = setTimeout(() => server.closeAllConnections(), lastCallSeconds * 1000);
  await closed;
  clearTimeout(lastCall);
}

/** A connection whose last answer is written after the server began to close would be kept open for whatever the client asks next. */
export function closeWhatGetsIdle(server: Server): void {
  const looks = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS).unref();
  server.once('close', () => clearInterval(looks));
}
