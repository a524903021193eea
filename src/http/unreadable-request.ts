import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BASE_PATH, PROBLEM_MEDIA_TYPE } from '@joblib/contract';
import type { ProblemDocument } from '@joblib/contract';
import { answerUnreadableAddress, sendProblem } from '@joblib/nestjs';

const STATUS_BY_CODE: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers an address that the router cannot read: the library's as it does itself, ours with the same kind of document. */
export function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  if (request.url.startsWith(BASE_PATH)) answerUnreadableAddress(error, request, reply);
  else sendProblem(error, request, reply);
}

/** Answers bytes that are no HTTP request, or whose headers are too large or too slow, and closes the connection. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status] ?? '';
  const document: ProblemDocument = { type: 'about:blank', title, status, detail: 'The request cannot be read as HTTP.' };
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
