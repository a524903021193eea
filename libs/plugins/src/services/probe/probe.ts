import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';

/** Nothing on the same machine takes longer to accept or to answer, unless it is in trouble. */
const LIMIT_MS = 4_000;

/**
 * Resolves when somebody takes connections on that port of this machine. @throws Error why not.
 * @param heldMs how long a connection must last, unless something is said on it.
 */
export function probePort(port: number, heldMs = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost', autoSelectFamily: true });
    const settle = (error: Error | null): void => {
      clearTimeout(held);
      socket.destroy();
      if (error === null) resolve();
      else reject(error);
    };
    let held: NodeJS.Timeout | undefined;
    socket.setTimeout(LIMIT_MS, () => settle(new Error(`nobody accepted on port ${port} within ${LIMIT_MS} ms`)));
    socket.on('error', (error) => settle(new Error(`port ${port}: ${reasonOf(error)}`, { cause: error })));
    socket.once('connect', () => {
      if (heldMs === 0) return settle(null);
      held = setTimeout(() => settle(null), heldMs);
      socket.once('data', () => settle(null));
      socket.once('end', () => settle(new Error(`port ${port}: it hung up at once`)));
      return undefined;
    });
  });
}

/** Resolves when that address answers with 2xx. @throws Error why not. */
export async function probeHttp(address: string): Promise<void> {
  const { statusCode = 0 } = await answerOf(address);
  if (statusCode < 200 || statusCode > 299) throw new Error(`${address} answered ${statusCode}`);
}

function answerOf(address: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = address.startsWith('https:') ? requestHttps : requestHttp;
    const call = send(address, { agent: false, headers: { connection: 'close' } });
    call.setTimeout(LIMIT_MS, () => call.destroy(new Error(`no answer within ${LIMIT_MS} ms`)));
    call.once('response', (answer) => {
      answer.destroy();
      resolve(answer);
    });
    call.once('error', (error) => reject(new Error(`${address}: ${reasonOf(error)}`, { cause: error })));
    call.end();
  });
}

/** A refused connection to a name with two addresses says so only inside. */
function reasonOf(error: Error & { code?: string }): string {
  return error.message || (error.code ?? error.name);
}
