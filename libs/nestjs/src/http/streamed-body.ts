import { ProblemError } from '@joblib/contract';
import type { FastifyRequest } from 'fastify';

/** @throws ProblemError `PayloadTooLarge` when the body says itself that it is. */
export function assertDeclaredLength(request: FastifyRequest, limitBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
}

/**
 * The body as the pieces in which it arrives; each is shown to `onPiece` when it does. Nothing is copied.
 * @throws ProblemError `PayloadTooLarge` as soon as it is.
 */
export async function receiveBody(
  request: FastifyRequest,
  limitBytes: number,
  onPiece?: (piece: Uint8Array) => void,
): Promise<Uint8Array[]> {
  assertDeclaredLength(request, limitBytes);
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Without a body nothing chose our parser.
  if (request.body === undefined || request.body === null) return pieces;
  for await (const piece of request.body as AsyncIterable<Uint8Array>) {
    length += piece.byteLength;
    if (length > limitBytes) throw tooLarge(limitBytes);
    pieces.push(piece);
    onPiece?.(piece);
  }
  return pieces;
}

/** What is left of the body is not read: the connection ends with the answer. */
function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError('PayloadTooLarge', `The body is larger than ${limitBytes} bytes.`, { headers: { Connection: 'close' } });
}
