import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { TaskStatus } from '@joblib/contract';

import { Balancer } from '../cluster/balancer.js';
import { ServiceCluster } from '../cluster/service-cluster.js';
import { tokenOf } from '../faults/service-users.js';
import { PostgresServer, ask } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { History } from './history.js';

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));

export const JOBS = ['@global:modifiers:Rotate', '@global:analysis:Measure'] as const;
export const ROOM = 'lab';
export const WORKER_TIMEOUT_SECONDS = 12;
export const GRACE_SECONDS = 3;

export type WorkerKind = 'held' | 'socket';

export interface StoredTask {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
  readonly attempt: number;
}

export interface StageOptions {
  readonly servers: number;
  /** Half of them wait in held claims, half listen at sockets. */
  readonly workers: number;
}

/** A whole installation under a load balancer: services, a PostgreSQL and a Redis of its own, and workers; all of them processes. */
export class Stage {
  readonly workers: { readonly kind: WorkerKind; child: ChildProcess }[] = [];
  #names = 0;

  private constructor(
    readonly folder: string,
    readonly postgres: PostgresServer,
    readonly redis: RedisServer,
    /** Between all services and their database, and their Redis. */
    readonly toPostgres: TcpProxy,
    readonly toRedis: TcpProxy,
    readonly services: ServiceCluster,
    readonly balancer: Balancer,
    readonly history: History,
  ) {}

  static async set({ servers, workers }: StageOptions): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'joblib-chaos-'));
    const postgres = await PostgresServer.start();
    const redis = await RedisServer.start();
    const [toPostgres, toRedis] = [await TcpProxy.start(postgres.port), await TcpProxy.start(redis.port)];
    const services = await ServiceCluster.start(servers, {
      DATABASE_URL: postgres.url('postgres', toPostgres.port),
      REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
      DATABASE_POOL_SIZE: '5',
      ZNDRAW_JOBLIB_WORKER_TIMEOUT_SECONDS: String(WORKER_TIMEOUT_SECONDS),
      ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: String(GRACE_SECONDS),
      ZNDRAW_JOBLIB_SWEEPER_INTERVAL_SECONDS: '2',
    });
    const balancer = await Balancer.start(services.addresses.map((address) => address ?? ''));
    const history = new History(join(folder, 'clients.jsonl'));
    history.record({ kind: 'settings', workerTimeoutSeconds: WORKER_TIMEOUT_SECONDS, graceSeconds: GRACE_SECONDS });
    const stage = new Stage(folder, postgres, redis, toPostgres, toRedis, services, balancer, history);
    for (let index = 0; index < workers; index += 1) await stage.hire(index % 2 === 0 ? 'held' : 'socket');
    return stage;
  }

  /** Resolves when the worker is registered. */
  async hire(kind: WorkerKind): Promise<void> {
    const name = `worker-${(this.#names += 1)}`;
    const child = spawn(process.execPath, [WORKER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        ORIGIN: this.balancer.origin,
        TOKEN: await tokenOf({ sub: 'owner', is_superuser: true }),
        HISTORY: join(this.folder, `${name}.jsonl`),
        NAME: name,
        KIND: kind,
        JOBS: JSON.stringify(JOBS),
        WORKER_TIMEOUT_SECONDS: String(WORKER_TIMEOUT_SECONDS),
      },
    });
    this.workers.push({ kind, child });
    await once(child.stdout, 'data');
    child.stdout.resume();
  }

  /** A server that was stopped or killed serves again. */
  async startServer(index: number): Promise<void> {
    this.balancer.targets[index] = await this.services.startOne(index);
  }

  async stopServer(index: number, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const exit = await this.services.stopOne(index, signal);
    this.balancer.targets[index] = null;
    return exit;
  }

  /** Each ends its task first. Resolves to their exit codes. */
  async dismissWorkers(): Promise<(number | null)[]> {
    const exits = this.workers.map(async ({ child }) => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode;
    });
    return Promise.all(exits);
  }

  /** Everybody's history, in one text. */
  wholeHistory(): string {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(join(this.folder, name), 'utf8'))
      .join('');
  }

  /** The last line of the history. @returns all tasks as they are. */
  async end(): Promise<readonly StoredTask[]> {
    const tasks = await ask<StoredTask>(this.postgres.url(), 'SELECT id, status, error, attempt FROM joblib_task');
    this.history.record({ kind: 'end', tasks });
    return tasks;
  }

  /** How many tasks have one of these statuses. */
  async countOf(...statuses: readonly TaskStatus[]): Promise<number> {
    const sql = `SELECT count(*) AS count FROM joblib_task WHERE status IN (${statuses.map((status) => `'${status}'`).join()})`;
    return Number((await ask<{ count: string }>(this.postgres.url(), sql))[0]?.count);
  }

  /** After one of its processes was killed the database starts anew. */
  async databaseAccepts(): Promise<void> {
    const accepts = (): Promise<boolean> =>
      ask(this.postgres.url(), 'SELECT 1').then(
        () => true,
        () => false,
      );
    await until('the database takes connections', accepts);
  }

  async allReady(): Promise<void> {
    for (const address of this.services.addresses) {
      const isReady = async (): Promise<boolean> => {
        const response = await fetch(`${address}/health/ready`);
        return ((await response.json()) as { redis?: string }).redis === 'up' && response.status === 200;
      };
      await until('all servers are ready', isReady);
    }
  }

  async strike(): Promise<void> {
    for (const { child } of this.workers) {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    }
    await this.services.clear();
    await this.balancer.close();
    await this.toRedis.close();
    await this.toPostgres.close();
    await this.redis.kill();
    await this.postgres.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
