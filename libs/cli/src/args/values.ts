import { TASK_STATUSES, isTaskStatus, parseFullName, roomIdDefect } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

import { UsageError } from '../errors.js';

/** @throws UsageError */
export function wholeNumber(option: string, text: string, lowest: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest) return value;
  throw new UsageError(`--${option} is '${text}'; it has to be a whole number from ${lowest}.`);
}

/** @throws UsageError */
export function taskStatus(text: string): TaskStatus {
  if (isTaskStatus(text)) return text;
  throw new UsageError(`--status is '${text}'; it has to be one of ${TASK_STATUSES.join(', ')}.`);
}

/** @throws UsageError */
export function roomId(text: string): string {
  const defect = roomIdDefect(text);
  if (defect === null) return text;
  throw new UsageError(defect);
}

/** `what`: a job or a provider, `list`: the command that shows their names. @throws UsageError */
export function fullName(text: string, what: string, list: string): string {
  if (parseFullName(text) !== null) return text;
  throw new UsageError(
    `'${text}' is no full name of a ${what}: <room>:<category>:<name>, as in ${what === 'job' ? '@global:modifiers:Rotate' : 'lab:files:local'}. 'joblib ${list} <room>' shows them.`,
  );
}
