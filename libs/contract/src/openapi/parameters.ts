import { MAX_NAME_LENGTH } from '../full-name.js';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT } from '../pagination.js';
import { schemaRef } from './schema-kit.js';
import type { HeaderObject, ParameterObject } from './types.js';

/** Parameters by the name that a path template, or an operation, calls them by. */
export const parameters = {
  room_id: {
    name: 'room_id',
    in: 'path',
    required: true,
    description: `\`@global\`, \`@internal\`, or a room's own id: 1–${MAX_NAME_LENGTH} characters without \`@\`, \`:\` and control characters.`,
    schema: { type: 'string' },
    example: 'lab',
  },
  full_name: {
    name: 'full_name',
    in: 'path',
    required: true,
    description:
      'Full name of a job or provider, `<room_id>:<category>:<name>`, as one segment. `@` and `:` may be percent-encoded; a `/` in it has to be.',
    schema: { type: 'string' },
    example: '@global:modifiers:Rotate',
  },
  worker_id: {
    name: 'worker_id',
    in: 'path',
    required: true,
    description: "Id of a worker, or the caller's own user id: all of the caller's workers.",
    schema: { type: 'string' },
  },
  task_id: { name: 'task_id', in: 'path', required: true, description: 'Id of a task.', schema: { type: 'string' } },
  provider_id: { name: 'provider_id', in: 'path', required: true, description: 'Id of a provider.', schema: { type: 'string' } },
  plugin_name: {
    name: 'plugin_name',
    in: 'path',
    required: true,
    description: 'Name of a plugin, as one segment; a `/` in it has to be percent-encoded.',
    schema: { type: 'string' },
    example: 'audit',
  },
  delivery_id: { name: 'delivery_id', in: 'path', required: true, description: 'Id of a delivery.', schema: { type: 'string' } },
  service_name: {
    name: 'service_name',
    in: 'path',
    required: true,
    description: 'Name of a service, as one segment; a `/` in it has to be percent-encoded.',
    schema: { type: 'string' },
    example: 'rotate-worker',
  },
  problem_id: {
    name: 'problem_id',
    in: 'path',
    required: true,
    description: 'Last segment of the `type` of a problem document.',
    schema: { type: 'string' },
    example: 'job-not-found',
  },
  limit: {
    name: 'limit',
    in: 'query',
    description: 'Most items to answer; 0 asks only for the count.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_PAGE_LIMIT, default: DEFAULT_PAGE_LIMIT },
  },
  offset: {
    name: 'offset',
    in: 'query',
    description: 'Items to leave out first.',
    schema: { type: 'integer', minimum: 0, default: 0 },
  },
  status: { name: 'status', in: 'query', description: 'Only tasks of this status.', schema: schemaRef('TaskStatus') },
  delivery_status: {
    name: 'status',
    in: 'query',
    description: 'Only deliveries of this status.',
    schema: schemaRef('DeliveryStatus'),
  },
  params: {
    name: 'params',
    in: 'query',
    description: 'What to read: any parameters, by their own names.',
    style: 'form',
    explode: true,
    schema: { type: 'object', additionalProperties: { type: 'string' } },
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'Entity tags of results that you have; 304 when it is one of them.',
    schema: { type: 'string' },
  },
  Range: {
    name: 'Range',
    in: 'header',
    description: 'One range of bytes; several are answered with the whole result.',
    schema: { type: 'string' },
    example: 'bytes=0-1023',
  },
  'Cache-Control': {
    name: 'Cache-Control',
    in: 'header',
    description: '`no-cache`: ask the provider again, whatever is cached.',
    schema: { type: 'string' },
    example: 'no-cache',
  },
  'X-Request-Hash': {
    name: 'X-Request-Hash',
    in: 'header',
    description: '`request_id` of the request that this answers. The body is then the result, byte by byte, whatever its media type.',
    schema: { type: 'string' },
  },
  'X-Result-Status': {
    name: 'X-Result-Status',
    in: 'header',
    description: '`error`: the read failed, and the result is a problem document.',
    schema: { type: 'string' },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description:
      '`wait=N` holds the call for up to N seconds, or the longest that the server allows. Without it, or with an N that is no number: answered at once.',
    schema: { type: 'string' },
    example: 'wait=30',
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key, caller, room and job within 24 hours answer the first submission again; nothing is submitted twice.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
    example: '5f0c1b9e-rotate-1',
  },
} satisfies Record<string, ParameterObject>;

export type ParameterName = keyof typeof parameters;

/** Response headers by their name. */
export const headers = {
  'Preference-Applied': {
    description: 'The wait that was applied, in seconds, after its cap. Only when the call was held.',
    schema: { type: 'string' },
    example: 'wait=30',
  },
  Location: {
    description: 'Address of the new task, or of the read itself.',
    schema: { type: 'string', format: 'uri-reference' },
    example: '/v1/joblib/tasks/0192f0c1-7b1e-7cc3-98c4-dc0c0c07398f',
  },
  'Retry-After': { description: 'Ask again after so many seconds.', schema: { type: 'integer', minimum: 0 }, example: 1 },
  'WWW-Authenticate': { description: 'The scheme that is wanted.', schema: { type: 'string' }, example: 'Bearer' },
  ETag: { description: 'Changes with the bytes of the result.', schema: { type: 'string' }, example: '"Nb8l0WkFHJk7BkPXZy3pDg"' },
  'Cache-Control': {
    description: 'How long the result is kept from now on, in seconds.',
    schema: { type: 'string' },
    example: 'private, max-age=120',
  },
  Age: { description: 'Seconds since the result was uploaded.', schema: { type: 'integer', minimum: 0 }, example: 180 },
  'Accept-Ranges': { description: 'Parts can be asked for.', schema: { type: 'string' }, example: 'bytes' },
  'Content-Range': {
    description: 'Which bytes these are, and of how many.',
    schema: { type: 'string' },
    example: 'bytes 0-1023/146515',
  },
  Allow: { description: 'The methods that this address has.', schema: { type: 'string' }, example: 'GET, PUT' },
} satisfies Record<string, HeaderObject>;

export type HeaderName = keyof typeof headers;
