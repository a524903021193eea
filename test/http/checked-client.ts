import type { OperationId, Route } from '@joblib/contract';
import { PROBLEMS, ROUTES, openApiDocument } from '@joblib/contract';
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { rawRequest } from './raw-request.js';
import type { RawAnswer } from './raw-request.js';
import { NOBODY, ROTATE } from './scene.js';

/** What stands for the parameters of a path, and what goes along. */
export interface Call {
  readonly by?: string | null;
  readonly room?: string;
  readonly job?: string;
  readonly task?: string;
  readonly worker?: string;
  readonly provider?: string;
  readonly plugin?: string;
  readonly delivery?: string;
  readonly service?: string;
  readonly problem?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An object of an answer. */
export type Json = Record<string, unknown>;

const DOCUMENT = 'openapi.json';

const FORMATS = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/,
  'uri-reference': /^\/v1\/[\w/:@%-]+$/,
};

/** Headers that an answer may only have when the document says so. */
const DOCUMENTED_HEADERS = [
  'Preference-Applied',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'Allow',
  'ETag',
  'Cache-Control',
  'Age',
  'Accept-Ranges',
  'Content-Range',
];

/** The one of them that comes only sometimes: when the call was held. */
const OCCASIONAL_HEADER = 'Preference-Applied';

/** A member that the document does not know is a drift too; open objects say so themselves. The parts of an `allOf` complete each other. */
function closed(schema: unknown, isPart = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => closed(item, isPart));
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value, key === 'allOf')]));
  const isOpen = isPart || copy['type'] !== 'object' || typeof copy['properties'] !== 'object' || 'additionalProperties' in copy;
  return isOpen ? copy : { ...copy, additionalProperties: false };
}

/** Calls a server and compares every answer with what the document says of the operation. */
export class CheckedClient {
  /** "operation status", or the problem's name instead of its status, of every answer so far. */
  readonly seen = new Set<string>();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, formats: FORMATS });

  constructor(private readonly origin: string) {
    this.#ajv.addSchema(closed(JSON.parse(JSON.stringify(openApiDocument))) as Json, DOCUMENT);
  }

  async call(operationId: OperationId, status: number, call: Call = {}): Promise<Json> {
    const route = routeOf(operationId);
    const answer = await this.#send(route, call);
    expect([operationId, answer.status, answer.status === status ? '' : answer.text]).toEqual([operationId, status, '']);
    this.seen.add(`${operationId} ${status < 400 ? status : nameOf(answer.body as Json)}`);
    this.#check(route, answer);
    return answer.body as Json;
  }

  #send(
    { method, path }: Route,
    {
      by = 'sue',
      room = 'lab',
      job = ROTATE,
      task = NOBODY,
      worker = NOBODY,
      provider = NOBODY,
      plugin = 'chat',
      delivery = NOBODY,
      service = 'web',
      problem = '',
      query = '',
      body,
      headers = {},
    }: Call,
  ): Promise<RawAnswer> {
    const parts: Record<string, string> = {
      room_id: room,
      full_name: job,
      task_id: task,
      worker_id: worker,
      provider_id: provider,
      plugin_name: plugin,
      delivery_id: delivery,
      service_name: service,
      problem_id: problem,
    };
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? '');
    return rawRequest(this.origin, {
      method,
      path: address + query,
      headers: {
        ...(by === null ? {} : { authorization: `Bearer ${by}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  #check({ path, method, operationId }: Route, { status, headers, body, text }: RawAnswer): void {
    const operation = openApiDocument.paths[path]?.[method.toLowerCase() as 'get'];
    const response = operation?.responses[String(status)];
    if (response === undefined) throw new Error(`The document has no ${status} for ${operationId}.`);
    const documented = Object.keys(response.headers ?? {});
    const sent = DOCUMENTED_HEADERS.filter((name) => headers.has(name));
    expect([operationId, status, sent.filter((name) => !documented.includes(name))]).toEqual([operationId, status, []]);
    expect([operationId, status, documented.filter((name) => name !== OCCASIONAL_HEADER && !sent.includes(name))]).toEqual([
      operationId,
      status,
      [],
    ]);
    const mediaType = headers.get('content-type')?.replace(/;.*/, '');
    if (mediaType === undefined) {
      expect([response.content, text]).toEqual([undefined, '']);
      return;
    }
    expect(Object.keys(response.content ?? {})).toContain(mediaType);
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', mediaType, 'schema'];
    const $ref = `${DOCUMENT}#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const validate = this.#ajv.compile({ $ref });
    const value = mediaType === 'text/html' ? text : body;
    expect([operationId, status, value, validate(value) ? [] : validate.errors]).toEqual([operationId, status, value, []]);
  }
}

function routeOf(operationId: OperationId): Route {
  const route = ROUTES.find((each) => each.operationId === operationId);
  if (route === undefined) throw new Error(`There is no operation '${operationId}'.`);
  return route;
}

function nameOf({ type }: Json): string {
  const entry = Object.entries(PROBLEMS).find(([, { id }]) => type === `/v1/problems/${id}`);
  return entry?.[0] ?? String(type);
}
