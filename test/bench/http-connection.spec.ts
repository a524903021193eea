import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { formatRequest, HttpConnection, requestHead } from '../../bench/http-connection.js';

let server: Server | null = null;
let connection: HttpConnection | null = null;

afterEach(async () => {
  connection?.close();
  const closed = server ? once(server, 'close') : null;
  server?.close();
  await closed;
  server = null;
});

async function connectTo(onRequest: (socket: Socket, request: string) => void): Promise<HttpConnection> {
  server = createServer((socket) => socket.on('data', (bytes) => onRequest(socket, bytes.toString())).on('error', () => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  connection = await HttpConnection.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return connection;
}

const REQUEST = formatRequest(requestHead('POST', '/x', 'h', 'secret'), '{"ä":1}');

describe('HttpConnection', () => {
  it('sends a whole request with its length in bytes, and the next one over the same connection', async () => {
    const seen: string[] = [];
    const open = await connectTo((socket, request) => {
      seen.push(request);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${seen.length}`);
    });
    expect((await open.send(REQUEST)).body).toBe('1');
    expect((await open.send(REQUEST)).body).toBe('2');
    expect(seen[0]).toBe(
      'POST /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"ä":1}',
    );
  });

  it('rejects when the server closes in the middle of an answer', async () => {
    const open = await connectTo((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    await expect(open.send(REQUEST)).rejects.toThrow('in the middle of an answer');
    await expect(open.send(REQUEST)).rejects.toThrow('in the middle of an answer');
  });

  it('rejects when the server closes instead of answering', async () => {
    const open = await connectTo((socket) => socket.end());
    await expect(open.send(REQUEST)).rejects.toThrow('closed');
  });

  it('refuses a second request while one is in flight', async () => {
    const open = await connectTo((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    const first = open.send(REQUEST);
    await expect(open.send(REQUEST)).rejects.toThrow('already in flight');
    expect((await first).status).toBe(204);
  });
});
