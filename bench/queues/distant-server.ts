import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** The same server as if it stood elsewhere. */
export interface DistantServer {
  readonly url: string;
  close(): void;
}

/** A way to a server that holds whatever passes, in either direction, for `delayMs`: an answer takes twice as long, and a little more. */
export async function distantServer(serverUrl: string, delayMs: number): Promise<DistantServer> {
  const { hostname, port } = new URL(serverUrl);
  const way = createServer((near) => {
    const far = connect(Number(port || 5432), hostname);
    passOn(near, far, delayMs);
    passOn(far, near, delayMs);
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  const url = Object.assign(new URL(serverUrl), { hostname: '127.0.0.1', port: String((way.address() as AddressInfo).port) });
  return { url: url.href, close: () => void way.close() };
}

function passOn(from: Socket, to: Socket, delayMs: number): void {
  from.setNoDelay(true);
  from.on('data', (chunk: Buffer) => setTimeout(() => to.write(chunk), delayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
}
