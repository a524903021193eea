/** One answer of a server; `keepAlive` is false when the server is about to close the connection. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
  readonly keepAlive: boolean;
}

interface Head {
  readonly status: number;
  readonly keepAlive: boolean;
  readonly framing: 'none' | 'length' | 'chunked' | 'until-close';
  readonly contentLength: number;
}

const EMPTY = Buffer.alloc(0);
const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Reads HTTP/1.1 answers (never to HEAD) from the bytes of one connection, however the network cut them.
 * The pushed chunks may be reused by the caller afterwards: what is not yet understood is copied.
 */
export class ResponseParser {
  #unread: Buffer = EMPTY;
  /** No use to look again before this many unread bytes are there. */
  #neededBytes = 0;

  constructor(private readonly onResponse: (response: HttpResponse) => void) {}

  /** @throws Error when the bytes are no HTTP/1.1 answer */
  push(chunk: Buffer): void {
    const isFresh = this.#unread.length === 0;
    const bytes = isFresh ? chunk : Buffer.concat([this.#unread, chunk]);
    let offset = 0;
    while (offset < bytes.length && bytes.length - offset >= this.#neededBytes) {
      const next = this.#take(bytes, offset);
      if (next === offset) break;
      offset = next;
    }
    if (offset === bytes.length) this.#unread = EMPTY;
    else this.#unread = isFresh ? Buffer.from(bytes.subarray(offset)) : bytes.subarray(offset);
  }

  /**
   * The connection has ended: an answer framed by the end of the connection is complete now.
   * @throws Error when it ended in the middle of an answer
   */
  end(): void {
    if (this.#unread.length === 0) return;
    const headEnd = this.#unread.indexOf('\r\n\r\n');
    const head = headEnd < 0 ? null : parseHead(this.#unread.toString('latin1', 0, headEnd));
    if (head?.framing !== 'until-close') throw new Error('The connection ended in the middle of an answer.');
    const body = this.#unread.toString('utf8', headEnd + 4);
    this.#unread = EMPTY;
    this.onResponse({ status: head.status, body, keepAlive: false });
  }

  /** Takes one answer that starts at `offset`; returns where the next one starts, or `offset` when more bytes are needed. */
  #take(bytes: Buffer, offset: number): number {
    this.#neededBytes = 0;
    const headEnd = bytes.indexOf('\r\n\r\n', offset);
    if (headEnd < 0) {
      if (bytes.length - offset > MAX_HEAD_BYTES) throw new Error('The head of the answer does not end.');
      return offset;
    }
    const head = parseHead(bytes.toString('latin1', offset, headEnd));
    const bodyStart = headEnd + 4;
    if (head.framing === 'until-close') return offset;
    if (head.framing === 'chunked') return this.#takeChunked(bytes, offset, bodyStart, head);
    const bodyEnd = bodyStart + head.contentLength;
    if (bytes.length < bodyEnd) {
      this.#neededBytes = bodyEnd - offset;
      return offset;
    }
    if (head.status >= 200) this.#emit(head, bytes.toString('utf8', bodyStart, bodyEnd));
    return bodyEnd;
  }

  #takeChunked(bytes: Buffer, offset: number, bodyStart: number, head: Head): number {
    const decoded = decodeChunks(bytes, bodyStart);
    if (decoded === null) return offset;
    this.#emit(head, decoded.body);
    return decoded.end;
  }

  #emit(head: Head, body: string): void {
    this.onResponse({ status: head.status, body, keepAlive: head.keepAlive });
  }
}

function parseHead(text: string): Head {
  const statusLine = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(text);
  if (!statusLine) throw new Error(`Not an HTTP/1.1 answer: ${JSON.stringify(text.slice(0, 60))}`);
  const status = Number(statusLine[1]);
  const keepAlive = !/\r\nconnection:[ \t]*close/i.test(text);
  if (status < 200 || status === 204 || status === 304) return { status, keepAlive, framing: 'none', contentLength: 0 };
  if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(text)) return { status, keepAlive, framing: 'chunked', contentLength: 0 };
  const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(text);
  if (!length) return { status, keepAlive: false, framing: 'until-close', contentLength: 0 };
  return { status, keepAlive, framing: 'length', contentLength: Number(length[1]) };
}

/** `null` until the last chunk and its trailers are there. */
function decodeChunks(bytes: Buffer, start: number): { body: string; end: number } | null {
  const pieces: Buffer[] = [];
  let offset = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', offset);
    if (lineEnd < 0) return null;
    const sizeText = bytes.toString('latin1', offset, lineEnd).split(';', 1)[0]?.trim() ?? '';
    if (!/^[0-9a-f]+$/i.test(sizeText)) throw new Error(`Not a chunk size: ${JSON.stringify(sizeText)}`);
    const size = Number.parseInt(sizeText, 16);
    if (size === 0) {
      const end = endOfTrailers(bytes, lineEnd + 2);
      return end === null ? null : { body: Buffer.concat(pieces).toString('utf8'), end };
    }
    const dataStart = lineEnd + 2;
    if (bytes.length < dataStart + size + 2) return null;
    pieces.push(bytes.subarray(dataStart, dataStart + size));
    offset = dataStart + size + 2;
  }
}

function endOfTrailers(bytes: Buffer, start: number): number | null {
  let offset = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', offset);
    if (lineEnd < 0) return null;
    if (lineEnd === offset) return lineEnd + 2;
    offset = lineEnd + 2;
  }
}
