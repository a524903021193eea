import { setTimeout as pause } from 'node:timers/promises';

import type { Random } from '../faults/random.js';
import { ask } from '../support/postgres-server.js';
import type { Stage } from './stage.js';

/** Something bad, until it is over: processes that were killed run again, those that were paused go on. */
export type Fault = (stage: Stage, random: Random) => Promise<void>;

const milliseconds = (random: Random, most: number): number => 100 + random.below(most - 100);

async function backendOf(stage: Stage, random: Random): Promise<number | null> {
  const sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  const backends = await ask<{ pid: number }>(stage.postgres.url(), sql);
  return backends.length === 0 ? null : random.pick(backends).pid;
}

function signal(pid: number | null | undefined, name: NodeJS.Signals): void {
  try {
    if (pid != null) process.kill(pid, name);
  } catch {
    // It went by itself meanwhile.
  }
}

/** Of what the product consists of. */
export const OWN_FAULTS: Readonly<Record<string, Fault>> = {
  'a server is killed': async (stage, random) => {
    const index = random.below(stage.services.addresses.length);
    await stage.stopServer(index, 'SIGKILL');
    await pause(milliseconds(random, 1000));
    await stage.startServer(index);
  },
  'a server is paused': async (stage, random) => {
    const { child } = stage.services.process(random.below(stage.services.addresses.length));
    signal(child.pid, 'SIGSTOP');
    await pause(milliseconds(random, 3000));
    signal(child.pid, 'SIGCONT');
  },
  'a worker is killed': async (stage, random) => {
    const worker = random.pick(stage.workers);
    stage.workers.splice(stage.workers.indexOf(worker), 1);
    signal(worker.child.pid, 'SIGKILL');
    await stage.hire(worker.kind);
  },
  'a worker is paused': async (stage, random) => {
    const { child } = random.pick(stage.workers);
    signal(child.pid, 'SIGSTOP');
    await pause(milliseconds(random, 4000));
    signal(child.pid, 'SIGCONT');
  },
  'all clients are cut off': async (stage) => stage.balancer.cut(),
};

/** Of what it stands on. */
export const FOREIGN_FAULTS: Readonly<Record<string, Fault>> = {
  'Redis is killed': async ({ redis }, random) => {
    await redis.kill();
    await pause(milliseconds(random, 2000));
    await redis.start();
  },
  'Redis is paused': async ({ redis }, random) => {
    redis.pause();
    await pause(milliseconds(random, 3000));
    redis.resume();
  },
  'Redis is cut off': async ({ toRedis }) => toRedis.lose(),
  'a PostgreSQL backend is killed': async (stage, random) => {
    signal(await backendOf(stage, random), 'SIGKILL');
    // All the others go with it, and come back by themselves.
    await stage.databaseAccepts();
  },
  'a PostgreSQL backend is paused': async (stage, random) => {
    const pid = await backendOf(stage, random);
    signal(pid, 'SIGSTOP');
    await pause(milliseconds(random, 2000));
    signal(pid, 'SIGCONT');
  },
  'PostgreSQL is paused': async ({ postgres }, random) => {
    await postgres.pause();
    await pause(milliseconds(random, 1500));
    await postgres.resume();
  },
  'PostgreSQL is cut off': async ({ toPostgres }) => toPostgres.lose(),
};
