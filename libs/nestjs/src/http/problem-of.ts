import { STATUS_CODES } from 'node:http';
import { inspect } from 'node:util';
import { HttpException, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '@joblib/contract';
import type { ProblemDocument, ProblemName } from '@joblib/contract';

/** Everything of an answer that refuses a request. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: ProblemDocument;
}

/** What is told of a request that failed; of a socket's request there is no connection of its own. */
export interface FailedRequest extends Pick<FastifyRequest, 'id' | 'method' | 'url'> {
  readonly raw?: Pick<FastifyRequest['raw'], 'destroyed' | 'complete'>;
}

const logger = new Logger('Joblib');

/** What Nest's exceptions (of a host's guards, for example) are called in the catalogue. */
const NAME_BY_STATUS: Readonly<Record<number, ProblemName>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  422: 'ValidationError',
  423: 'RoomLocked',
};

/** What Fastify's own errors, and those of a broken connection, are called in the catalogue. */
const NAME_BY_CODE: Readonly<Record<string, ProblemName>> = {
  FST_ERR_BAD_URL: 'MalformedAddress',
  FST_ERR_MAX_PARAM_LENGTH: 'NotFound',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PayloadTooLarge',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UnsupportedMediaType',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'MalformedBody',
  ECONNRESET: 'MalformedBody',
};

const HEADERS_BY_STATUS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer' },
  503: { 'retry-after': '1' },
};

/**
 * The answer to any error: those of the catalogue as they are, Nest's and Fastify's translated, everything else a 500 that
 * tells the client the request id alone. The log line with the same id has the stack.
 */
export function problemOf(error: unknown, request: FailedRequest): ProblemAnswer {
  if (error instanceof ProblemError) {
    if (error.type.status === 500) log(error, request);
    return answer(error.toDocument(error.type.status === 500 ? request.id : undefined), error.headers);
  }
  const status = clientStatusOf(error);
  if (status !== undefined) return translate(status, error as Error);
  log(error, request);
  return answer(
    new ProblemError('InternalError', 'The server failed; its log has the reason under this request id.').toDocument(request.id),
  );
}

/** The status of an error that says itself that it is meant for the client. */
function clientStatusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function translate(status: number, error: Error): ProblemAnswer {
  const code = 'code' in error ? String(error.code) : '';
  const name = NAME_BY_CODE[code] ?? NAME_BY_STATUS[status];
  if (name !== undefined) return answer(new ProblemError(name, error.message).toDocument());
  // RFC 9457, 4.2.1: a problem that says no more than its status.
  return answer({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: error.message });
}

function answer(document: ProblemDocument, headers: Readonly<Record<string, string>> = {}): ProblemAnswer {
  return { status: document.status, headers: { ...HEADERS_BY_STATUS[document.status], ...lowerCased(headers) }, document };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function log(error: unknown, request: FailedRequest): void {
  // A client that broke off in the middle of its own request: nobody reads the answer, and nothing is wrong here.
  if (request.raw?.destroyed === true && !request.raw.complete) return;
  const summary = `Request ${request.id} failed: ${request.method} ${request.url}: `;
  if (error instanceof Error) logger.error(summary + error.message, inspect(error));
  else logger.error(summary + inspect(error));
}
