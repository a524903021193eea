/** Answers every request with the same bytes, without looking at it beyond its length: what remains is the cost of the client. */
import { createServer, type AddressInfo } from 'node:net';

const BODY = JSON.stringify({ task: { id: '00000000-0000-7000-8000-000000000000', status: 'pending', padding: 'x'.repeat(400) } });
const ANSWER = Buffer.from(
  `HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: keep-alive\r\n\r\n${BODY}`,
);

/** Where the request ends that starts at 0, or -1 while it is incomplete. */
function requestEnd(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return -1;
  const end = headEnd + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return text.length < end ? -1 : end;
}

const server = createServer({ noDelay: true }, (socket) => {
  let unread = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    unread += text;
    for (let end = requestEnd(unread); end >= 0; end = requestEnd(unread)) {
      unread = unread.slice(end);
      socket.write(ANSWER);
    }
  });
  socket.on('error', () => socket.destroy());
});

process.once('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`));
