/** What is left of a handshake: the shape that `RemoteSocket` promises, and nothing that its client sent. */
const EMPTY_HANDSHAKE = { headers: {}, query: {}, auth: {}, time: '', address: '', xdomain: false, secure: false, issued: 0, url: '' };

/**
 * A server's answer to `fetchSockets` of another one, without the handshakes of its sockets: tokens and cookies have no business in Redis.
 * Any other message as it is. @param message as Socket.IO's adapter would publish it.
 */
export function withoutHandshakes(message: string): string {
  if (!message.includes('"handshake":')) return message;
  const answer = JSON.parse(message) as { readonly sockets?: unknown };
  if (!Array.isArray(answer.sockets)) return message;
  const sockets = answer.sockets.map((socket: unknown) =>
    typeof socket === 'object' && socket !== null ? { ...socket, handshake: EMPTY_HANDSHAKE } : socket,
  );
  return JSON.stringify({ ...answer, sockets });
}
