import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page, PluginView, RegisteredJob } from '@joblib/contract';

import { Random } from '../../faults/random.js';
import { JoblibUser } from '../../support/joblib-user.js';
import { createPostgresDatabase } from '../../support/postgres-databases.js';
import { isOnPostgres } from '../../support/test-database.js';
import { until } from '../../support/until.js';
import { JOB, REPORT } from './plugin-stage.js';

const SERVER = fileURLToPath(new URL('delivering-server.js', import.meta.url));
const KILLS = 4;
/** Only PostgreSQL may have several. */
const SERVERS = isOnPostgres ? 2 : 1;
const LANES = 8;
const MAX_ANSWERS = 120;
/** Longer than a server has for an attempt. */
const STEP_SECONDS = 600;

/** Printed with the test's name. It decides on the calls and the moments; how the machine runs beside it, it cannot. */
const seed = Number(process.env['JOBLIB_KILL_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));

interface Running {
  readonly child: ChildProcess;
  readonly root: JoblibUser;
}

describe('deliveries, while servers are killed', () => {
  const closers: (() => unknown)[] = [];
  const children: ChildProcess[] = [];
  const random = new Random(seed);
  let database: string;
  let record: string;
  /** Ids of the tasks whose end was answered. */
  let ended: { id: string; isReport: boolean }[];

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'joblib-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    record = join(folder, 'record.txt');
    writeFileSync(record, '');
    database = join(folder, 'joblib.sqlite');
    ended = [];
    if (!isOnPostgres) return;
    const { url, drop } = await createPostgresDatabase();
    closers.push(drop);
    database = url;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async function serve(clockAheadSeconds: number): Promise<Running> {
    const env = { PATH: process.env['PATH'], DATABASE: database, RECORD_FILE: record, CLOCK_AHEAD_SECONDS: String(clockAheadSeconds) };
    const child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    for await (const line of createInterface(child.stdout)) {
      const [, address] = /^listening on (\S+)$/.exec(line) ?? [];
      if (address !== undefined) return { child, root: new JoblibUser(address, 'root') };
    }
    throw new Error('It ended before it listened.');
  }

  /** Tasks are submitted, claimed and ended until the server is gone. */
  async function load({ root }: Running, onAnswer: () => void): Promise<void> {
    const worker = (await root.register(JOB)).body.worker_id;
    await Promise.all(Array.from({ length: LANES }, () => lane(root, worker, onAnswer)));
  }

  async function lane(root: JoblibUser, worker: RegisteredJob['worker_id'], onAnswer: () => void): Promise<void> {
    try {
      for (;;) {
        const { body: submitted } = await root.submit('lab', JOB);
        if (random.oneIn(5)) {
          if ((await root.report(submitted.id, 'cancelled')).status === 200) ended.push({ id: submitted.id, isReport: false });
        }
        const { task } = (await root.claim(worker)).body;
        if (task !== null) await workOn(root, task.id);
        onAnswer();
      }
    } catch (error) {
      // What `fetch` throws when the connection breaks. Anything else is a defect.
      if ((error as Error).name !== 'TypeError') throw error;
    }
  }

  async function workOn(root: JoblibUser, id: string): Promise<void> {
    const isReport = random.oneIn(2);
    await root.report(id, 'running');
    const { status } = await root.report(id, 'completed', { result: isReport ? REPORT : { plain: id } });
    if (status === 200) ended.push({ id, isReport });
  }

  function deliveredTo(plugin: string): Set<string> {
    const lines = readFileSync(record, 'utf8').split('\n');
    return new Set(lines.flatMap((line) => (line.startsWith(`${plugin} `) ? line.slice(plugin.length + 1) : [])));
  }

  it(`every task whose end was answered reaches every plugin that accepts it, ${KILLS} kills over (JOBLIB_KILL_SEED=${seed})`, async () => {
    for (let round = 0; round < KILLS; round += 1) {
      const servers = await Promise.all(Array.from({ length: SERVERS }, () => serve(round * STEP_SECONDS)));
      await Promise.all(
        servers.map(async (server) => {
          const last = 1 + random.below(MAX_ANSWERS);
          let answers = 0;
          await load(server, () => {
            answers += 1;
            if (answers === last) server.child.kill('SIGKILL');
          });
        }),
      );
      await Promise.all(servers.map(({ child }) => kill(child)));
    }
    expect(ended.length).toBeGreaterThan(KILLS);
    const { root } = await serve(KILLS * STEP_SECONDS);
    const allIsDelivered = async (): Promise<boolean> => {
      const { items } = (await root.call<Page<PluginView>>('GET', '/plugins')).body;
      return items.every(({ deliveries: { pending, delivered } }) => pending === 0 && delivered > 0) && missing().length === 0;
    };
    const missing = (): string[] => {
      const [all, reports] = [deliveredTo('all'), deliveredTo('reports')];
      return ended.filter(({ id, isReport }) => !all.has(id) || (isReport && !reports.has(id))).map(({ id }) => id);
    };
    await until('all is delivered', allIsDelivered).catch(() => undefined);
    expect(missing()).toEqual([]);
    const { items } = (await root.call<Page<PluginView>>('GET', '/plugins')).body;
    expect(items).toMatchObject([{ deliveries: { pending: 0, failed: 0 } }, { deliveries: { pending: 0, failed: 0 } }]);
    const plain = new Set(ended.filter(({ isReport }) => !isReport).map(({ id }) => id));
    expect([...deliveredTo('reports')].filter((id) => plain.has(id))).toEqual([]);
  });
});
