import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import type { JoblibUser } from '../support/joblib-user.js';
import { expectSoundFile } from './database-file.js';
import { expectKept, expectKeysKept, hireWorkers, workOff } from './kill-checks.js';
import { Ledger } from './kill-ledger.js';
import { JOBS, Load, ROOM } from './kill-load.js';
import { Random } from './random.js';
import { SECRET, serviceUser } from './service-users.js';

const KILLS = 8;
const MAX_ANSWERS = 300;
const KILLS_AT_START = 5;

/** Printed with the test's name. It decides on the calls and the moments; how the machine runs beside it, it cannot. */
const seed = Number(process.env['JOBLIB_KILL_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));

const playground = new Playground();
afterEach(() => playground.clear());

interface Running {
  readonly service: ServiceProcess;
  readonly owner: JoblibUser;
  readonly submitter: JoblibUser;
}

function start(path: string): ServiceProcess {
  const settings = { DATABASE_URL: `sqlite:${path}`, ZNDRAW_JOBLIB_JWT_SECRET: SECRET, ZNDRAW_JOBLIB_WORKER_TIMEOUT_SECONDS: '3600' };
  return playground.start(playground.folder(), settings);
}

async function serve(path: string): Promise<Running> {
  const service = start(path);
  const address = await service.listening();
  return { service, owner: await serviceUser(address, 'owner', true), submitter: await serviceUser(address, 'submitter') };
}

/** Kills it while all are busy, right after an answer or a little later. */
async function killUnderLoad({ service, submitter, owner }: Running, ledger: Ledger, random: Random, label: string): Promise<void> {
  const last = 1 + random.below(MAX_ANSWERS);
  const delayMs = random.oneIn(2) ? 0 : random.below(8);
  const kill = (): void => void service.child.kill('SIGKILL');
  const load = new Load(submitter, owner, ledger, random, (count) => {
    if (count !== last) return;
    if (delayMs === 0) kill();
    else setTimeout(kill, delayMs);
  });
  await load.run(label);
  expect(await service.ended()).toBe('SIGKILL');
  expect(service.stderr).toBe('');
}

async function expectNothingLost({ submitter }: Running, ledger: Ledger, path: string): Promise<void> {
  await expectKept(submitter, ledger);
  expectSoundFile(path);
}

describe('kill -9', () => {
  it(`under load takes nothing back that was answered, ${KILLS} times over (JOBLIB_KILL_SEED=${seed})`, async () => {
    const path = join(playground.folder(), 'joblib.sqlite');
    const random = new Random(seed);
    const ledger = new Ledger();
    let server = await serve(path);
    await hireWorkers(server.owner, ledger);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await killUnderLoad(server, ledger, random, `load ${kill}`);
      server = await serve(path);
      await expectNothingLost(server, ledger, path);
      await expectKeysKept(server.submitter, ledger);
    }
    await workOff(server.owner, ledger);
    await expectNothingLost(server, ledger, path);
    for (const count of Object.values(ledger.counts)) expect(count).toBeGreaterThan(KILLS);
  });

  it(`in the middle of a start keeps nobody from starting again (JOBLIB_KILL_SEED=${seed})`, async () => {
    const path = join(playground.folder(), 'joblib.sqlite');
    const random = new Random(seed);
    const ledger = new Ledger();
    const first = await serve(path);
    await hireWorkers(first.owner, ledger);
    ledger.submitted((await first.submitter.submit(ROOM, JOBS[0], { name: 'first' })).body);
    await first.service.stop('SIGKILL');
    for (let kill = 0; kill < KILLS_AT_START; kill += 1) {
      const service = start(path);
      await pause(random.below(1_500));
      await service.stop('SIGKILL');
      expect(service.stderr).toBe('');
    }
    await expectNothingLost(await serve(path), ledger, path);
  });

  it.each([0, 1, 2, 4, 8])('%i ms after the first start began its database leaves one that can be served', async (delayMs) => {
    const path = join(playground.folder(), 'joblib.sqlite');
    const service = start(path);
    while (!existsSync(`${path}-wal`)) await turn();
    await pause(delayMs);
    await service.stop('SIGKILL');
    const server = await serve(path);
    await hireWorkers(server.owner, new Ledger());
    expectSoundFile(path);
  });
});
