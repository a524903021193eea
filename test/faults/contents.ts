import type { DataSource } from 'typeorm';

const TABLES = ['worker', 'job', 'worker_job', 'task', 'task_count', 'submission_key', 'lease'];

/** Every row of every table. Only while nothing is asked of the server: it uses the same connection. */
export async function contentsOf(dataSource: DataSource): Promise<Record<string, unknown[]>> {
  const contents: Record<string, unknown[]> = {};
  for (const table of TABLES) contents[table] = await dataSource.query<unknown[]>(`SELECT * FROM joblib_${table} ORDER BY 1, 2`);
  return contents;
}
