import type { TaskStatus } from '@joblib/contract';

import { REACHED_FROM } from '../../domain/task.js';
import type { TaskRow } from '../rows.js';
import type { SqlValue, Statement } from '../statement.js';
import type { ReportChange } from '../statements.js';
import { changingTask } from './row-change.js';
import { counted, movedFrom, statusBeforeEnd } from './task-counts.js';

/** What a report does to a task: it starts, tells of progress while it runs, or ends. */
type Step = 'started' | 'progressed' | 'completed' | 'failed' | 'cancelled';

const ENDING = { time: 'completed_at', enter: movedFrom(statusBeforeEnd) } as const;

const STEPS = {
  started: { from: REACHED_FROM.running, to: 'running', time: 'started_at', enter: movedFrom('claimed') },
  progressed: { from: ['running'], to: null, time: null, enter: null },
  completed: { from: REACHED_FROM.completed, to: 'completed', ...ENDING },
  failed: { from: REACHED_FROM.failed, to: 'failed', ...ENDING },
  cancelled: { from: REACHED_FROM.cancelled, to: 'cancelled', ...ENDING },
} as const satisfies Record<Step, { from: readonly TaskStatus[]; to: TaskStatus | null; time: string | null; enter: unknown }>;

/** Progress may be of a task that runs, or start it: a statement for each, of which one finds the task as it has to be. */
export function reportStatements(change: ReportChange): Statement<TaskRow>[] {
  if (change.status !== 'running') return [statementOf(change.status, change)];
  const started = statementOf('started', change);
  return change.progress === null ? [started] : [statementOf('progressed', change), started];
}

function statementOf(step: Step, change: ReportChange): Statement<TaskRow> {
  const { time, enter } = STEPS[step];
  const values: SqlValue[] = time === null ? [] : [change.now];
  if (change.result !== null) values.push(change.result);
  if (change.error !== null) values.push(change.error);
  if (change.progress !== null) values.push(change.progress);
  values.push(change.taskId);
  if (!change.isSuperuser) values.push(change.userId);
  const sql = sqlOf(step, change);
  const changing = changingTask(change.taskId, sql, ...values);
  return enter === null ? changing : counted(enter, changing);
}

const sqlByShape: Record<Step, string[]> = { started: [], progressed: [], completed: [], failed: [], cancelled: [] };

/** A text for each shape that a report can have: what it does not say is neither bound nor written, which is most of what could be. */
function sqlOf(step: Step, { result, error, progress, isSuperuser }: ReportChange): string {
  const shape = (result === null ? 0 : 1) + (error === null ? 0 : 2) + (progress === null ? 0 : 4) + (isSuperuser ? 8 : 0);
  const known = sqlByShape[step][shape];
  if (known !== undefined) return known;
  const parts = Object.entries({ result, error, progress }).flatMap(([name, value]) => (value === null ? [] : [name]));
  return (sqlByShape[step][shape] = composeSql(step, parts, isSuperuser));
}

function composeSql(step: Step, parts: readonly string[], isSuperuser: boolean): string {
  const { from, to, time } = STEPS[step];
  const set = [to === null ? [] : `status = '${to}'`, time === null ? [] : `${time} = ?`, ...parts.map((part) => `${part} = ?`)].flat();
  const status = from.map((name) => `'${name}'`).join(', ');
  // The claimer, a superuser, or (to cancel) the submitter.
  const owner = step === 'cancelled' ? '? IN (claimed_by_id, created_by_id)' : 'claimed_by_id = ?';
  return `UPDATE joblib_task SET ${set.join(', ')} WHERE id = ? AND status IN (${status})${isSuperuser ? '' : ` AND ${owner}`}`;
}
