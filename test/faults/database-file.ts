import { TASK_STATUSES } from '@joblib/contract';
import { loadSqliteModule } from '@joblib/nestjs';
import { expect } from '@jest/globals';

/** What a task in a state has to have, and what it must not have. None of them was ever put back. */
const POSSIBLE = `CASE status
  WHEN 'pending' THEN attempt = 0 AND worker_id IS NULL AND claimed_at IS NULL AND started_at IS NULL AND completed_at IS NULL
  WHEN 'claimed' THEN attempt = 1 AND worker_id IS NOT NULL AND claimed_at IS NOT NULL AND started_at IS NULL AND completed_at IS NULL
  WHEN 'running' THEN attempt = 1 AND worker_id IS NOT NULL AND started_at IS NOT NULL AND completed_at IS NULL
  WHEN 'completed' THEN attempt = 1 AND worker_id IS NOT NULL AND started_at IS NOT NULL AND completed_at IS NOT NULL AND result IS NOT NULL
  WHEN 'cancelled' THEN completed_at IS NOT NULL AND attempt = (claimed_at IS NOT NULL)
  ELSE 0 END`;

/** Queries that find something only in a database that no server could have written. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  'a task in an impossible state': `SELECT id, status FROM joblib_task WHERE NOT (${POSSIBLE})`,
  'a task of no job': 'SELECT id FROM joblib_task WHERE job_id NOT IN (SELECT id FROM joblib_job)',
  'a key of no task':
    'SELECT task_ids FROM joblib_submission_key, json_each(task_ids) task WHERE task.value NOT IN (SELECT id FROM joblib_task)',
  'a link of no worker or no job': `SELECT * FROM joblib_worker_job
    WHERE worker_id NOT IN (SELECT id FROM joblib_worker) OR job_id NOT IN (SELECT id FROM joblib_job)`,
  'a wrong count': `SELECT * FROM (SELECT room_id, job_id, status, count(*) total FROM joblib_task GROUP BY 1, 2, 3)
    FULL JOIN (${TASK_STATUSES.map((status) => `SELECT room_id, job_id, '${status}' status, "${status}" counted FROM joblib_task_count`).join(' UNION ALL ')})
    USING (room_id, job_id, status) WHERE coalesce(total, 0) <> coalesce(counted, 0)`,
  'a part of a batch': `SELECT payload FROM joblib_task WHERE payload LIKE '{"batch"%' GROUP BY payload HAVING count(*) <> 5`,
};

/** Looks into the file of a server that runs, beside it. */
export function expectSoundFile(path: string): void {
  const { DatabaseSync } = loadSqliteModule();
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    for (const [what, query] of Object.entries(IMPOSSIBLE)) expect([what, ...database.prepare(query).all()]).toEqual([what]);
  } finally {
    database.close();
  }
}
