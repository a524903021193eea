import type { FieldError, ProblemDocument } from '../problems.js';
import { objectSchema, schemaRef } from './schema-kit.js';
import type { SchemaObject } from './types.js';

export const serviceSchemas: Record<string, SchemaObject> = {
  Me: {
    type: 'object',
    description: 'The caller.',
    properties: { id: { type: 'string', description: 'The `sub` of the token.' }, is_superuser: { type: 'boolean' } },
    required: ['id', 'is_superuser'],
  },
  Empty: { type: 'object', description: 'Nothing; fields are ignored.', additionalProperties: true },
  OpenApi: { type: 'object', description: 'OpenAPI 3.1.', additionalProperties: true },
  Health: {
    type: 'object',
    description: 'What was found.',
    properties: {
      status: { type: 'string', enum: ['ok', 'error'] },
      database: { type: 'string', enum: ['up', 'down'], description: 'Only with readiness.' },
    },
    required: ['status'],
  },
  ProblemType: {
    type: 'object',
    description: 'A kind of problem.',
    properties: {
      type: { type: 'string', format: 'uri-reference' },
      title: { type: 'string' },
      status: { type: 'integer' },
      description: { type: 'string', description: 'Why it happens, and the way out.' },
    },
    required: ['type', 'title', 'status', 'description'],
  },
  ProblemTypes: {
    type: 'object',
    description: 'Every kind of problem.',
    properties: { items: { type: 'array', items: schemaRef('ProblemType') } },
    required: ['items'],
  },
  Problem: objectSchema<ProblemDocument>(
    'RFC 9457 problem document.',
    {
      type: { type: 'string', format: 'uri-reference', description: '`/v1/problems/<id>`; GET it for an explanation.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'Names the thing and its value.' },
      instance: { type: 'string', description: 'Identifies this occurrence: the request id that the log line carries too.' },
      errors: {
        type: 'array',
        items: objectSchema<FieldError>('One defect of the request.', {
          pointer: { type: 'string', description: 'RFC 6901 pointer into the body; a parameter is `?name`, a header its name.' },
          detail: { type: 'string' },
        }),
      },
    },
    ['instance', 'errors'],
  ),
};
