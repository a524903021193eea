import { describe, expect, it } from '@jest/globals';
import { ResponseParser, type HttpResponse } from '../../bench/response-parser.js';

const WITH_LENGTH = 'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\ncontent-length: 9\r\n\r\n{"ä":"1"}'.replace(
  'length: 9',
  'length: 10',
);
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\nA;note=x\r\n:"\r\n0\r\n\r\n"\r\n1\r\n}\r\n0\r\nTrailer: t\r\n\r\n';
const WITHOUT_BODY = 'HTTP/1.1 204 No Content\r\n\r\n';
const INFORMATIONAL = 'HTTP/1.1 100 Continue\r\n\r\n';

const EXPECTED: HttpResponse[] = [
  { status: 202, body: '{"ä":"1"}', keepAlive: true },
  { status: 200, body: '{"a":"\r\n0\r\n\r\n"}', keepAlive: true },
  { status: 204, body: '', keepAlive: true },
  { status: 202, body: '{"ä":"1"}', keepAlive: true },
];

/** Pushes the pieces through one reused buffer, as a socket with `onread` does. */
function parsePieces(pieces: readonly Buffer[]): { parser: ResponseParser; responses: HttpResponse[] } {
  const responses: HttpResponse[] = [];
  const parser = new ResponseParser((response) => responses.push(response));
  const shared = Buffer.alloc(4096);
  for (const piece of pieces) {
    piece.copy(shared);
    parser.push(shared.subarray(0, piece.length));
    shared.fill('?');
  }
  return { parser, responses };
}

function piecesOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

describe('ResponseParser', () => {
  const bytes = Buffer.from(WITH_LENGTH + CHUNKED + WITHOUT_BODY + INFORMATIONAL + WITH_LENGTH);

  it.each([1, 2, 3, 7, 16, 61, bytes.length])('reads answers that arrive in pieces of %i bytes', (size) => {
    expect(parsePieces(piecesOf(bytes, size)).responses).toEqual(EXPECTED);
  });

  it('reads answers that are cut in two anywhere', () => {
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect({ cut, responses: parsePieces([bytes.subarray(0, cut), bytes.subarray(cut)]).responses }).toEqual({
        cut,
        responses: EXPECTED,
      });
    }
  });

  it('gives an answer without a length when the connection ends', () => {
    const { parser, responses } = parsePieces([Buffer.from('HTTP/1.1 500 Oops\r\n\r\nhalf a '), Buffer.from('sentence')]);
    expect(responses).toEqual([]);
    parser.end();
    expect(responses).toEqual([{ status: 500, body: 'half a sentence', keepAlive: false }]);
  });

  it('says when the server is about to close the connection', () => {
    const { responses } = parsePieces([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')]);
    expect(responses).toEqual([{ status: 200, body: '', keepAlive: false }]);
  });

  it.each([
    ['in a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['in a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123'],
    ['before the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'],
  ])('refuses a connection that ends %s', (_, text) => {
    const { parser, responses } = parsePieces([Buffer.from(text)]);
    expect(() => parser.end()).toThrow('in the middle of an answer');
    expect(responses).toEqual([]);
  });

  it.each(['SSH-2.0-OpenSSH\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'])(
    'refuses %j, which is no HTTP/1.1 answer',
    (text) => {
      expect(() => parsePieces([Buffer.from(text)])).toThrow(/^Not a/);
    },
  );
});
