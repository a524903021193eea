import { TASK_STATUSES } from '../task-status.js';
import { MAX_EXACT_QUEUE_POSITION } from '../tasks.js';
import type { ClaimAnswer, TaskView } from '../tasks.js';
import { fullName, nullable, objectSchema, pageSchema, schemaRef, time, uuid } from './schema-kit.js';
import type { SchemaObject } from './types.js';

const payload: SchemaObject = {
  type: 'object',
  additionalProperties: true,
  description: 'Any JSON object. It comes back equal to what was sent, numbers of any size and precision included.',
};

const reportFields = {
  status: {
    type: 'string',
    enum: [...TASK_STATUSES],
    description: '`pending` and `claimed` are statuses too, but nobody may ask for them: 409.',
  },
  error: nullable({ type: 'string', description: 'Why it failed or was cancelled.' }),
  result: { description: 'Any JSON value.' },
  progress: { oneOf: [schemaRef('Progress'), { type: 'null' }], description: 'With `running`, as often as you like.' },
} satisfies Record<string, SchemaObject>;

export const taskSchemas: Record<string, SchemaObject> = {
  TaskStatus: { type: 'string', enum: [...TASK_STATUSES] },
  Progress: {
    description: 'How far a running task is.',
    oneOf: [
      { type: 'number', minimum: 0, maximum: 1 },
      {
        type: 'object',
        properties: {
          current: { type: 'number', minimum: 0 },
          total: { type: 'number', description: 'Above 0.' },
          message: { type: 'string' },
        },
        required: ['current', 'total'],
      },
    ],
  },
  Task: objectSchema<TaskView>('A task.', {
    id: uuid,
    job_name: fullName,
    room_id: { type: 'string', description: 'The room it was submitted in.' },
    status: schemaRef('TaskStatus'),
    created_at: time,
    started_at: nullable(time),
    completed_at: nullable(time),
    worker_id: nullable(uuid),
    error: nullable({ type: 'string' }),
    payload,
    queue_position: nullable({
      type: 'integer',
      minimum: 1,
      maximum: MAX_EXACT_QUEUE_POSITION + 1,
      description: `Among the pending tasks of its job; ${MAX_EXACT_QUEUE_POSITION + 1} for anything beyond ${MAX_EXACT_QUEUE_POSITION}, null unless pending.`,
    }),
    result: { description: 'Any JSON value; null until the task reports one.' },
    progress: { oneOf: [schemaRef('Progress'), { type: 'null' }] },
    created_by_id: nullable({ type: 'string', description: 'The user who submitted it.' }),
    attempt: { type: 'integer', minimum: 0, description: '0 until the first claim makes it 1.' },
  }),
  TaskPage: pageSchema('A page of tasks.', 'Task'),
  TaskSubmission: { type: 'object', description: 'What to do.', properties: { payload: { ...payload, default: {} } } },
  TaskBatch: {
    type: 'object',
    description: 'What to do, many times over.',
    properties: { payloads: { type: 'array', minItems: 1, maxItems: 1000, items: payload } },
    required: ['payloads'],
  },
  TaskItems: {
    type: 'object',
    description: 'The tasks, in the order of the payloads.',
    properties: { items: { type: 'array', items: schemaRef('Task') } },
    required: ['items'],
  },
  Claim: {
    type: 'object',
    description: 'Who claims, and how much.',
    properties: {
      worker_id: nullable({
        type: 'string',
        description: "A worker of the caller. Without it, or with the caller's own user id: any of the caller's workers.",
      }),
      max_tasks: nullable({ type: 'integer', minimum: 1, maximum: 100, description: 'Answer up to so many, in `tasks`.' }),
    },
  },
  ClaimAnswer: objectSchema<ClaimAnswer>(
    'What was handed out. `task: null` means that a fresh look found nothing, or that the server is stopping.',
    {
      task: { oneOf: [schemaRef('Task'), { type: 'null' }] },
      tasks: { type: 'array', items: schemaRef('Task'), description: 'Only when the claim said `max_tasks`; the first is `task`.' },
    },
    ['tasks'],
  ),
  TaskReport: { type: 'object', description: 'What happened.', properties: reportFields, required: ['status'] },
  TaskReports: {
    type: 'object',
    description: 'What happened, to many tasks.',
    properties: {
      updates: {
        type: 'array',
        minItems: 1,
        maxItems: 1000,
        items: { type: 'object', properties: { id: { type: 'string' }, ...reportFields }, required: ['id', 'status'] },
      },
    },
    required: ['updates'],
  },
  TaskReportAnswers: {
    type: 'object',
    description: 'One answer per update, in order.',
    properties: {
      items: {
        type: 'array',
        items: {
          oneOf: [
            {
              type: 'object',
              properties: { id: { type: 'string' }, status: { type: 'integer', enum: [200] }, task: schemaRef('Task') },
              required: ['id', 'status', 'task'],
            },
            {
              type: 'object',
              properties: {
                id: { type: 'string' },
                status: { type: 'integer', enum: [403, 404, 409], description: 'The status that the same report alone would have had.' },
                problem: schemaRef('Problem'),
              },
              required: ['id', 'status', 'problem'],
            },
          ],
        },
      },
    },
    required: ['items'],
  },
};
