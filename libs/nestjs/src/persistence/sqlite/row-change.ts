import type { TaskRow, WorkerRow } from '../rows.js';
import type { SqlValue, Statement } from '../statement.js';

/**
 * Changes one row, and answers it as it is then. It is read again rather than returned: for `RETURNING` SQLite makes a table that lasts as
 * long as the statement, and copies of the pages that it changes. That takes longer than changing and reading together.
 */
export interface RowChange<Row> extends Statement<Row> {
  /** Asked when something was changed. */
  readonly reread: Statement<Row>;
}

export function isRowChange<Row>(statement: Statement<Row>): statement is RowChange<Row> {
  return 'reread' in statement;
}

/** @param sql changes the task with this id, or nothing. */
export function changingTask(taskId: string, sql: string, ...values: SqlValue[]): RowChange<TaskRow> {
  return changing(sql, values, 'SELECT * FROM joblib_task WHERE id = ?', taskId);
}

/** @param sql changes the worker with this id, or nothing. */
export function changingWorker(workerId: string, sql: string, ...values: SqlValue[]): RowChange<WorkerRow> {
  return changing(sql, values, 'SELECT id, user_id, created_at, last_heartbeat FROM joblib_worker WHERE id = ?', workerId);
}

function changing<Row>(sql: string, values: readonly SqlValue[], rereadSql: string, id: string): RowChange<Row> {
  return { sql, values, writes: true, returns: true, reread: { sql: rereadSql, values: [id], writes: false, returns: true } };
}
