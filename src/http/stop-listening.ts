import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const REAP_EVERY_MS = 50;

/** A request that is not answered by then loses its connection: a client that is slow to send must not hold up a stop. */
const LAST_CALL_MS = 5_000;

/**
 * Stops taking connections, and closes the open ones as soon as they are idle. What is asked over them meanwhile is served.
 * Resolves when none is left.
 */
export async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return;
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const reaper = setInterval(() => server.closeIdleConnections(), REAP_EVERY_MS);
  const lastCall = setTimeout(() => server.closeAllConnections(), LAST_CALL_MS);
  await closed;
  clearInterval(reaper);
  clearTimeout(lastCall);
}
