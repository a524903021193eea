import { MAX_NAME_LENGTH } from '../full-name.js';
import type { JobSummary, JobView, JsonSchema, RegisteredJob } from '../jobs.js';
import type { WorkerSummary, WorkerView } from '../workers.js';
import { fullName, nullable, objectSchema, pageSchema, schemaRef, time, uuid } from './schema-kit.js';
import type { SchemaObject } from './types.js';

const jobFields = {
  id: uuid,
  room_id: { type: 'string' },
  category: { type: 'string' },
  name: { type: 'string' },
  full_name: fullName,
  schema: schemaRef('JsonSchema'),
  workers: { type: 'array', items: uuid, description: 'Ids of the workers linked to it.' },
} satisfies Record<keyof JobView, SchemaObject>;

const workerFields = { id: uuid, last_heartbeat: time } satisfies Record<keyof WorkerView, SchemaObject>;

interface JobRegistration {
  category: string;
  name: string;
  schema?: JsonSchema | null;
  worker_id?: string | null;
}

export const jobSchemas: Record<string, SchemaObject> = {
  JsonSchema: {
    type: 'object',
    description:
      'A JSON Schema; dialect by `$schema`, 2020-12 without it. Unknown keywords and formats are ignored, remote `$ref`s refused.',
    additionalProperties: true,
  },
  JobRegistration: objectSchema<JobRegistration>(
    'What to register.',
    {
      category: {
        type: 'string',
        minLength: 1,
        maxLength: MAX_NAME_LENGTH,
        pattern: '^[^:]+$',
        description: 'One that the server accepts.',
      },
      name: { type: 'string', minLength: 1, maxLength: MAX_NAME_LENGTH, description: 'May hold colons.' },
      schema: { oneOf: [schemaRef('JsonSchema'), { type: 'null' }], description: 'What payloads look like; without it everything goes.' },
      worker_id: nullable({ type: 'string', description: 'The worker to link; without it a new one is made.' }),
    },
    ['schema', 'worker_id'],
  ),
  Job: objectSchema<JobView>('A job with its schema and its workers.', jobFields),
  RegisteredJob: objectSchema<RegisteredJob>('A job, and the worker that the call linked.', { ...jobFields, worker_id: uuid }),
  JobSummary: objectSchema<JobSummary>('An item of the job list.', {
    full_name: jobFields.full_name,
    category: jobFields.category,
    name: jobFields.name,
    workers: jobFields.workers,
  }),
  JobPage: pageSchema('A page of jobs.', 'JobSummary'),
  Worker: objectSchema<WorkerView>('A worker.', workerFields),
  Heartbeat: objectSchema<WorkerView>('A worker, or all workers of a user.', {
    ...workerFields,
    id: { type: 'string', description: 'The id that was asked for: of a worker, or the own user id for all own workers.' },
  }),
  WorkerSummary: objectSchema<WorkerSummary>('An item of the worker lists.', {
    ...workerFields,
    job_count: { type: 'integer', minimum: 0, description: 'Live jobs it is linked to.' },
  }),
  WorkerPage: pageSchema('A page of workers.', 'WorkerSummary'),
};
