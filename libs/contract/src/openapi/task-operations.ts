import { PAGE_PARAMETERS, SUBMITTED_HEADERS } from './operation.js';
import type { OperationDetails } from './operation.js';
import { answers, body } from './responses.js';
import type { OperationId } from './routes.js';

const tag = 'tasks';

export const taskOperations = {
  submitTask: {
    tag,
    description: 'The task waits until a worker claims it. What was answered is on disk.',
    parameters: ['Idempotency-Key'],
    requestBody: body('TaskSubmission', false),
    responses: {
      200: answers('This `Idempotency-Key` was answered before: the first task, as it is now.', 'Task', SUBMITTED_HEADERS),
      202: answers('Submitted.', 'Task', SUBMITTED_HEADERS),
    },
  },
  submitTasks: {
    tag,
    description: 'One `Idempotency-Key` covers the whole batch.',
    parameters: ['Idempotency-Key'],
    requestBody: body('TaskBatch'),
    responses: {
      200: answers('This `Idempotency-Key` was answered before: the first tasks, as they are now.', 'TaskItems'),
      202: answers('Submitted, all of them.', 'TaskItems'),
    },
  },
  claimTask: {
    tag,
    description:
      'Hands out the oldest pending task over all jobs of the worker: first in, first out, and never one task to two workers. With `Prefer: wait=N` the call is held until there is one. When the connection is gone before the answer was written, the claim is undone.',
    parameters: ['Prefer'],
    requestBody: body('Claim', false),
    responses: { 200: answers('A task, or `null`.', 'ClaimAnswer', ['Preference-Applied']) },
  },
  reportTask: {
    tag,
    description:
      'claimed → running, failed, cancelled; running → completed, failed, cancelled; pending → cancelled; running with `progress` again and again. Everything else is 409 and changes nothing. Only the owner of the claiming worker or a superuser may report; who submitted the task may cancel it.',
    requestBody: body('TaskReport'),
    responses: { 200: answers('The task as it is now.', 'Task') },
  },
  reportTasks: {
    tag,
    description: 'Each report is judged on its own, by the rules of a single one. A malformed item refuses the whole call.',
    requestBody: body('TaskReports'),
    responses: { 200: answers('One answer per report, in order.', 'TaskReportAnswers') },
  },
  getTask: {
    tag,
    description:
      'With `Prefer: wait=N` the call is held until the task is completed, failed or cancelled, and answered at that very moment.',
    parameters: ['Prefer'],
    responses: { 200: answers('The task as it is now.', 'Task', ['Preference-Applied']) },
  },
  listRoomTasks: {
    tag,
    parameters: ['status', ...PAGE_PARAMETERS],
    responses: { 200: answers('Tasks, newest first.', 'TaskPage') },
  },
} satisfies Partial<Record<OperationId, OperationDetails>>;
