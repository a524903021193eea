import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { Playground } from './server-process.js';

const WEBSOCKET_REQUEST = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
  '',
].join('\r\n');

const playground = new Playground();

afterEach(() => playground.clear());

/** A websocket of a client that never says a word again, once it is open. */
async function silentWebsocket(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const connection = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  connection.on('error', () => undefined);
  connection.write(WEBSOCKET_REQUEST);
  const [answer] = (await once(connection, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 101 /);
  return connection;
}

describe('stopping the service', () => {
  it('is not held up by a client that does not close its end of a websocket', async () => {
    const server = playground.start(playground.folder(), { DATABASE_URL: 'sqlite::memory:' });
    const connection = await silentWebsocket(await server.listening());
    expect([await server.stop(), server.stderr]).toEqual([0, '']);
    connection.destroy();
  });
});
