import type { Progress } from '@joblib/contract';

import type { JsonText, Task } from '../domain/task.js';
import { MAX_NESTING, isNestedTooDeeply, validationError } from '../http/index.js';
import { ExactJson } from './joblib-tasks.js';
import type { TaskSnapshot } from './joblib-tasks.js';

/** Text of a payload: a JSON object, `{}` when it is absent. @throws ProblemError `ValidationError` naming `pointer`. */
export function payloadText(payload: unknown, pointer: string): JsonText {
  if (payload === undefined) return '{}';
  const text = textOf(payload, pointer);
  if (!/^\s*\{/.test(text)) throw validationError([{ pointer, detail: 'must be a JSON object' }]);
  return text;
}

/** Text of any value, `null` for one that is absent. @throws ProblemError `ValidationError` naming `pointer`. */
export function optionalText(value: unknown, pointer: string): JsonText | null {
  return value === undefined || value === null ? null : textOf(value, pointer);
}

/** A stored task for code in this process. Numbers beyond a double lose digits, except in `json`. */
export function snapshotOf(task: Task, queuePosition: number | null): TaskSnapshot {
  const { payload, result, progress } = task;
  return {
    id: task.id,
    jobName: task.jobName,
    roomId: task.roomId,
    status: task.status,
    createdById: task.createdById,
    createdAt: new Date(task.createdAt),
    startedAt: task.startedAt === null ? null : new Date(task.startedAt),
    completedAt: task.completedAt === null ? null : new Date(task.completedAt),
    workerId: task.workerId,
    attempt: task.attempt,
    queuePosition,
    payload: JSON.parse(payload) as Record<string, unknown>,
    result: parsed(result),
    error: parsed(task.error) as string | null,
    progress: parsed(progress) as Progress | null,
    json: { payload, result, progress },
  };
}

function textOf(value: unknown, pointer: string): JsonText {
  const text = value instanceof ExactJson ? checked(value.text, pointer) : stringified(value, pointer);
  if (isNestedTooDeeply(text)) throw validationError([{ pointer, detail: `must not be nested deeper than ${MAX_NESTING} levels` }]);
  return text;
}

function stringified(value: unknown, pointer: string): JsonText {
  let text: string | undefined;
  let reason = `JSON has nothing for a ${typeof value}`;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    reason = (error as Error).message;
  }
  if (text === undefined) throw validationError([{ pointer, detail: `cannot be written as JSON: ${reason}` }]);
  return text;
}

function checked(text: string, pointer: string): JsonText {
  try {
    JSON.parse(text);
  } catch (error) {
    throw validationError([{ pointer, detail: `must be JSON: ${(error as Error).message}` }]);
  }
  // No database stores half a surrogate pair; escaped, it is the same string.
  return text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}

function parsed(text: JsonText | null): unknown {
  return text === null ? null : JSON.parse(text);
}
