import { MAX_NAME_LENGTH } from '../full-name.js';
import type { JsonSchema } from '../jobs.js';
import { DEFAULT_PROVIDER_CONTENT_TYPE, MAX_REQUEST_HASH_LENGTH } from '../providers.js';
import type { PendingRead, ProviderView } from '../providers.js';
import { fullName, nullable, objectSchema, pageSchema, schemaRef, time, uuid } from './schema-kit.js';
import type { SchemaObject } from './types.js';

interface ProviderRegistration {
  category: string;
  name: string;
  schema?: JsonSchema | null;
  content_type?: string | null;
  worker_id?: string | null;
}

interface ProviderResult {
  request_hash: string;
  data: unknown;
}

const hash: SchemaObject & { type: string } = { type: 'string', minLength: 1, maxLength: MAX_REQUEST_HASH_LENGTH };

export const providerSchemas: Record<string, SchemaObject> = {
  ProviderRegistration: objectSchema<ProviderRegistration>(
    'What to register.',
    {
      category: {
        type: 'string',
        minLength: 1,
        maxLength: MAX_NAME_LENGTH,
        pattern: '^[^:]+$',
        description: 'Any, unless the server limits them.',
      },
      name: { type: 'string', minLength: 1, maxLength: MAX_NAME_LENGTH, description: 'May hold colons.' },
      schema: {
        oneOf: [schemaRef('JsonSchema'), { type: 'null' }],
        description: 'What read parameters look like; without it everything goes.',
      },
      content_type: nullable({
        type: 'string',
        description: `Media type of the answers; \`${DEFAULT_PROVIDER_CONTENT_TYPE}\` without it.`,
      }),
      worker_id: nullable({ type: 'string', description: 'The worker that answers; without it a new one is made.' }),
    },
    ['schema', 'content_type', 'worker_id'],
  ),
  Provider: objectSchema<ProviderView>('A provider with the schema of its read parameters.', {
    id: uuid,
    room_id: { type: 'string' },
    category: { type: 'string' },
    name: { type: 'string' },
    full_name: fullName,
    schema: schemaRef('JsonSchema'),
    content_type: { type: 'string', description: 'Media type of its answers.' },
    worker_id: { ...nullable(uuid), description: '`null` for those that the servers run themselves.' },
    created_at: time,
  }),
  ProviderPage: pageSchema('A page of providers.', 'Provider'),
  PendingRead: objectSchema<PendingRead>('A result that is on its way.', {
    status: { type: 'string', enum: ['pending'] },
    provider_name: fullName,
    request_hash: { ...hash, description: 'SHA-256 of the read parameters; `provider_result_ready` carries it too.' },
  }),
  ProviderResult: objectSchema<ProviderResult>('A JSON result together with its hash.', {
    request_hash: hash,
    data: { description: 'Any JSON value; with `X-Result-Status: error` a problem document.' },
  }),
};
