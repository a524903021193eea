import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '@joblib/contract';
import { rememberSource } from './json-text.js';
import { MAX_NESTING, isNestedTooDeeply } from './nesting.js';
import { stateOf } from './request-state.js';
import { markOf } from './our-routes.js';
import type { RequestState } from './request-state.js';

// Never sent by anybody: chosen by our own hook, so that a host's parsers and ours do not meet.
const PRIVATE_MEDIA_TYPE = 'application/vnd.joblib.body';
const STREAMED_MEDIA_TYPE = 'application/vnd.joblib.stream';

const JSON_MEDIA_TYPE = /^\s*(?:application\/json|[\w!#$&^.+-]+\/[\w!#$&^.-]*\+json)\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** Adds the parsers for the bodies of our own routes to the instance. No other route can reach it. */
export function addBodyParser(instance: FastifyInstance): void {
  if (instance.hasContentTypeParser(PRIVATE_MEDIA_TYPE)) return;
  instance.addContentTypeParser<Buffer>(PRIVATE_MEDIA_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, readBody(request, body));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  instance.addContentTypeParser(STREAMED_MEDIA_TYPE, (request, stream, done) => {
    restoreContentType(request);
    done(null, stream);
  });
}

/** Sends the body of this request, if it has one, through our own parser. */
export function chooseBodyParser(request: FastifyRequest, state: RequestState): void {
  const headers = request.raw.headers;
  state.contentType = headers['content-type'];
  if (hasBody(headers))
    headers['content-type'] = markOf(request.routeOptions.config)?.hasStreamedBody === true ? STREAMED_MEDIA_TYPE : PRIVATE_MEDIA_TYPE;
  else delete headers['content-type'];
}

function hasBody(headers: FastifyRequest['raw']['headers']): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0';
}

function readBody(request: FastifyRequest, body: Buffer): unknown {
  restoreContentType(request);
  if (body.length === 0 || request.method === 'DELETE') return {};
  return jsonBodyOf(request, body);
}

function restoreContentType(request: FastifyRequest): void {
  const { contentType } = stateOf(request);
  if (contentType === undefined) delete request.raw.headers['content-type'];
  else request.raw.headers['content-type'] = contentType;
}

/**
 * What the bytes of a body stand for; `jsonTextOf` works on it.
 * @throws ProblemError `UnsupportedMediaType`, `MalformedBody`, `ValidationError`.
 */
export function jsonBodyOf(request: FastifyRequest, bytes: Buffer): unknown {
  refuseOtherMediaTypes(request.headers['content-type'], request.headers['content-encoding']);
  return parseBody(bytes);
}

/** @throws ProblemError `UnsupportedMediaType` when the bytes that arrive are not those that are meant. */
export function refuseEncodedBody(request: FastifyRequest): void {
  refuseOtherMediaTypes(undefined, request.headers['content-encoding']);
}

function refuseOtherMediaTypes(contentType: string | undefined, contentEncoding: string | undefined): void {
  if (contentType !== undefined && contentType !== 'application/json' && !isJson(contentType)) {
    throw new ProblemError('UnsupportedMediaType', `The body has the media type '${contentType}'; send 'application/json' in UTF-8.`);
  }
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    throw new ProblemError('UnsupportedMediaType', `The body has the content encoding '${contentEncoding}'; send it without one.`);
  }
}

function isJson(contentType: string): boolean {
  if (!JSON_MEDIA_TYPE.test(contentType)) return false;
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  return charset === 'utf-8' || charset === 'utf8';
}

function parseBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new ProblemError('MalformedBody', 'The body is not UTF-8.');
  const text = bytes.toString('utf8');
  const body = parseJson(text);
  if (isNestedTooDeeply(text)) {
    const detail = `must not be nested deeper than ${MAX_NESTING} levels`;
    throw new ProblemError('ValidationError', `The body ${detail}.`, { errors: [{ pointer: '', detail }] });
  }
  rememberSource(body, text);
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('MalformedBody', `The body is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
