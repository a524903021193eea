import pg from 'pg';

import type { SqlValue, Statement } from '../../libs/nestjs/src/persistence/statement.js';
import type { Plan } from './open-database.js';

/** One node of what `EXPLAIN (FORMAT JSON)` answers. */
interface Node {
  readonly 'Node Type': string;
  readonly 'Total Cost': number;
  readonly 'Plan Rows': number;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

/** The one that the statements are asked about. */
const BUSY_JOB = '019b76da-a800-7000-8000-09a623979c3c';

// One job and one room have many of the tasks, whose ids tell their order. As many rows as make reading a whole table a bad idea.
const FILL = `
  INSERT INTO joblib_worker (id, user_id, created_at, last_heartbeat, last_seen_at)
    SELECT gen_random_uuid(), 'user ' || n % 2500, n, 1767225597500 + n, 1767225597500 + n FROM generate_series(1, 5000) n;
  INSERT INTO joblib_job (id, room_id, category, name, schema, created_at)
    SELECT gen_random_uuid(), 'room ' || n % 200, 'modifiers', 'job ' || n, '{}', n FROM generate_series(1, 5000) n;
  INSERT INTO joblib_worker_job (worker_id, job_id)
    SELECT worker.id, job.id FROM joblib_worker worker JOIN joblib_job job ON job.created_at = 1 + worker.created_at % 500;
  INSERT INTO joblib_task (id, job_id, job_name, room_id, created_by_id, status, payload, attempt, worker_id, created_at, claimed_at, completed_at)
    SELECT ('019b76da-' || lpad(to_hex(n), 4, '0') || '-7000-8000-000000000000')::uuid,
      CASE WHEN n % 20 < 2 THEN '${BUSY_JOB}' ELSE job.id END, job.name,
      CASE WHEN n % 20 < 2 THEN 'lab' ELSE 'room ' || n % 200 END, 'sue',
      CASE WHEN n % 10 = 0 THEN 'pending' WHEN n % 500 = 1 THEN 'claimed' ELSE 'completed' END, '{}', 1,
      CASE n % 10 WHEN 0 THEN NULL ELSE worker.id END, n, CASE n % 10 WHEN 0 THEN NULL ELSE n END,
      CASE WHEN n % 10 > 0 AND n % 500 <> 1 THEN n END
    FROM generate_series(1, 50000) n
    JOIN joblib_job job ON job.created_at = 1 + n % 500 JOIN joblib_worker worker ON worker.created_at = 1 + n % 500;
  INSERT INTO joblib_provider (id, room_id, category, name, schema, content_type, user_id, worker_id, registration_id, created_at)
    SELECT gen_random_uuid(), 'room ' || n % 200, 'files', 'provider ' || n, '{}', 'x', 'sue', gen_random_uuid(), gen_random_uuid(), n
    FROM generate_series(1, 5000) n;
  INSERT INTO joblib_submission_key (user_id, room_id, job_name, key, fingerprint, task_ids, created_at)
    SELECT 'sue', 'lab', 'a:b:c', 'key ' || n, 'f', '[]', 1767225600000 + n FROM generate_series(1, 5000) n;
  INSERT INTO joblib_lease (name, holder, expires_at) SELECT 'lease ' || n, 'me', n FROM generate_series(1, 5000) n;
  INSERT INTO joblib_plugin (name, accepts, announced_at) SELECT 'plugin ' || n, 'tasks', n FROM generate_series(1, 5000) n;
  INSERT INTO joblib_outbox (task_id) SELECT gen_random_uuid() FROM generate_series(1, 5000);
  INSERT INTO joblib_delivery (id, plugin, task_id, status, attempts, created_at, next_attempt_at, delivered_at)
    SELECT gen_random_uuid(), CASE n % 10 WHEN 0 THEN 'chat' ELSE 'plugin ' || n % 7 END, gen_random_uuid(),
      (ARRAY['pending', 'failed', 'delivered'])[1 + n % 3], 1, n,
      CASE WHEN n % 3 = 0 THEN 1767225599000 + n END, CASE WHEN n % 3 = 2 THEN 1767225599000 + n END
    FROM generate_series(1, 20000) n;
  INSERT INTO joblib_service (server_id, name, position, kind, state, health, restarts, requires, jobs, server, announced_at)
    SELECT gen_random_uuid(), 'service ' || n, n, 'process', 'running', 'healthy', 0, '[]', '[]', 'host:1', n FROM generate_series(1, 5000) n;
  ANALYZE;
`;

/** Has no other rows than what workers have in hand, so that reading all of it is reading little. */
const LIVE_TASKS = 'joblib_task_of_worker';

/** A tenth of the tasks. So many of a room it may sort, where that is cheaper than hopping through the table in order. */
const FEW_ROWS = 5000;

/** What PostgreSQL adds for planning again when it weighs plans for the values at hand against one for any values. */
const PLANNING_COST = 2.5;

/**
 * The plan for the values at hand, and the plan for any values, to which PostgreSQL turns after some executions of a prepared statement
 * unless it is dearer.
 */
export function postgresPlans(url: string): (statement: Statement) => Promise<readonly Plan[]> {
  let filled: Promise<unknown> | undefined;
  return async (statement) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      filled ??= client.query(FILL);
      await filled;
      const custom = await rootOf(client, statement, 'force_custom_plan');
      const generic = await rootOf(client, statement, 'force_generic_plan');
      const isKept = generic['Total Cost'] < custom['Total Cost'] + PLANNING_COST * (1 + tablesIn(custom).length);
      return [custom, isKept ? generic : custom].map(planOf);
    } finally {
      await client.end();
    }
  };
}

async function rootOf(client: pg.Client, { sql, values }: Statement, mode: string): Promise<Node> {
  await client.query(`DEALLOCATE ALL; SET plan_cache_mode = ${mode}`);
  await client.query(`PREPARE statement AS ${sql}`);
  const list = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`;
  const answer = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`EXPLAIN (FORMAT JSON) EXECUTE statement${list}`);
  const [row] = answer.rows;
  if (row === undefined) throw new Error(`There is no plan for ${sql}`);
  return row['QUERY PLAN'][0].Plan;
}

function planOf(root: Node): Plan {
  const nodes = allNodes(root);
  const isSeek = (node: Node): boolean =>
    node['Index Name'] !== undefined && (node['Index Cond'] !== undefined || node['Index Name'] === LIVE_TASKS);
  return {
    indexes: nodes.filter(isSeek).map((node) => nameOf(node['Index Name'] ?? '')),
    scanned: nodes.filter(isWhole).map((node) => node['Relation Name'] ?? ''),
    sorts: nodes.some((node) => node['Node Type'] === 'Sort' && node['Plan Rows'] > FEW_ROWS && tablesIn(node, isUnlimited).length > 0),
  };
}

/** Nodes that read a table. */
function tablesIn(node: Node, isLookedInto: (node: Node) => boolean = () => true): Node[] {
  return allNodes(node, isLookedInto).filter((one) => one['Relation Name'] !== undefined && one['Node Type'] !== 'ModifyTable');
}

function isUnlimited(node: Node): boolean {
  return node['Node Type'] !== 'Limit';
}

function allNodes(node: Node, isLookedInto: (node: Node) => boolean = () => true): Node[] {
  return isLookedInto(node) ? [node, ...(node.Plans ?? []).flatMap((one) => allNodes(one, isLookedInto))] : [];
}

function isWhole(node: Node): boolean {
  return (
    node['Node Type'] === 'Seq Scan' ||
    (/^Index (Only )?Scan$/.test(node['Node Type']) && node['Index Cond'] === undefined && node['Index Name'] !== LIVE_TASKS)
  );
}

function nameOf(index: string): string {
  return index.endsWith('_pk') ? 'primary key' : index;
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  return pg.escapeLiteral(typeof value === 'object' ? arrayText(value) : String(value));
}

function arrayText(values: readonly SqlValue[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : JSON.stringify(value.toString()))).join(',')}}`;
}
