import { PAGE_PARAMETERS } from './operation.js';
import type { OperationDetails } from './operation.js';
import { answers, body } from './responses.js';
import type { OperationId } from './routes.js';

const tag = 'jobs';

export const jobOperations = {
  registerJob: {
    tag,
    description:
      'Registering again with an equal schema links one more worker. Schemas are compared by value: key order does not matter, `1` equals `1.0`. `@global` and `@internal` need a superuser.',
    requestBody: body('JobRegistration'),
    responses: {
      200: answers('It was there already; the worker is linked.', 'RegisteredJob'),
      201: answers('New, or live again after its last worker had gone.', 'RegisteredJob'),
    },
  },
  listJobs: {
    tag,
    description: "The room's own jobs and those of `@global` and `@internal`. From `@global` and from `@internal`: only that room's.",
    parameters: PAGE_PARAMETERS,
    responses: { 200: answers('Jobs, newest first.', 'JobPage') },
  },
  getJob: { tag, responses: { 200: answers('The job.', 'Job') } },
  listJobTasks: {
    tag,
    parameters: ['status', ...PAGE_PARAMETERS],
    responses: { 200: answers('Tasks, newest first.', 'TaskPage') },
  },
} satisfies Partial<Record<OperationId, OperationDetails>>;
