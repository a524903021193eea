import { ProblemError } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { taskJson } from '../domain/task-json.js';
import { jsonTextOf } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import type { Reporting } from './report.operation.js';
import type { ReportTaskDto } from './task.dtos.js';

/** What a body reports of a task. An absent part or `null` leaves what is stored. */
export function reportingOf(body: ReportTaskDto, taskId: string, caller: Caller): Reporting {
  const textOf = (field: 'error' | 'result' | 'progress'): string | null => (body[field] == null ? null : jsonTextOf(body, field));
  return { caller, taskId, status: body.status, error: textOf('error'), result: textOf('result'), progress: textOf('progress') };
}

/** One answer of a batch: `{id, status: 200, task}`, or `{id, status, problem}`. @throws what is no refusal from the catalogue. */
export function reportItemJson(id: string, outcome: PromiseSettledResult<Task>): string {
  if (outcome.status === 'fulfilled') return `{"id":${JSON.stringify(id)},"status":200,"task":${taskJson(outcome.value, null)}}`;
  const reason: unknown = outcome.reason;
  if (!(reason instanceof ProblemError)) throw reason;
  return JSON.stringify({ id, status: reason.type.status, problem: reason.toDocument() });
}
