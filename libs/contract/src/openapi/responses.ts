import { PROBLEMS, PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX } from '../problems.js';
import type { ProblemName } from '../problems.js';
import type { HeaderName } from './parameters.js';
import { headerRef, schemaRef } from './schema-kit.js';
import type { MediaTypeObject, ReferenceObject, RequestBodyObject, ResponseObject } from './types.js';

/** Headers that come with a problem of this status, whatever the problem. */
const HEADERS_BY_STATUS: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ['WWW-Authenticate'],
  405: ['Allow'],
  416: ['Content-Range'],
  503: ['Retry-After'],
  504: ['Retry-After'],
};

/** A JSON answer. */
export function answers(description: string, schemaName: string, headerNames: readonly HeaderName[] = []): ResponseObject {
  return withHeaders({ description, content: json(schemaName) }, headerNames);
}

/** A JSON body. One that may be left out counts as `{}`. */
export function body(schemaName: string, required = true): RequestBodyObject {
  return { required, content: json(schemaName) };
}

/** One response per status, saying which problems it stands for. */
export function problemResponses(names: readonly ProblemName[]): Record<string, ResponseObject> {
  const statuses = [...new Set(names.map((name) => PROBLEMS[name].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      problemResponse(
        status,
        names.filter((name) => PROBLEMS[name].status === status),
      ),
    ]),
  );
}

function problemResponse(status: number, names: readonly ProblemName[]): ResponseObject {
  const types = names.map((name) => PROBLEM_TYPE_PREFIX + PROBLEMS[name].id);
  const lines = names.map((name) => `\`${PROBLEMS[name].id}\`: ${PROBLEMS[name].description}`);
  const schema = { allOf: [schemaRef('Problem'), { type: 'object', properties: { type: { type: 'string', enum: types } } }] };
  const response = { description: lines.join('\n\n'), content: { [PROBLEM_MEDIA_TYPE]: { schema } } };
  return withHeaders(response, HEADERS_BY_STATUS[status] ?? []);
}

/** The response with these headers. */
export function withHeaders(response: ResponseObject, names: readonly HeaderName[]): ResponseObject {
  if (names.length === 0) return response;
  const headers: Record<string, ReferenceObject> = Object.fromEntries(names.map((name) => [name, headerRef(name)]));
  return { ...response, headers };
}

function json(schemaName: string): Record<string, MediaTypeObject> {
  return { 'application/json': { schema: schemaRef(schemaName) } };
}
