import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** The bytes of a claim, as any HTTP client would send them. */
export function claimBytes(user: string, body: Record<string, unknown>, headers: Record<string, string> = {}): string {
  const json = JSON.stringify(body);
  const length = String(Buffer.byteLength(json));
  return requestHead('POST', '/tasks/claim', user, { 'content-type': 'application/json', 'content-length': length, ...headers }) + json;
}

/** The bytes of a read of one task. */
export function pollBytes(user: string, taskId: string, headers: Record<string, string> = {}): string {
  return requestHead('GET', `/tasks/${taskId}`, user, headers);
}

function requestHead(method: string, path: string, user: string, headers: Record<string, string>): string {
  const lines = Object.entries({ host: 'localhost', authorization: `Bearer ${user}`, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} /v1/joblib${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A connection that nothing was sent on yet. */
export async function openConnection(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
