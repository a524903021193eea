import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import type { JoblibUser } from '../support/joblib-user.js';
import { PostgresServer } from '../support/postgres-server.js';
import { until } from '../support/until.js';
import { expectKept, expectKeysKept, hireWorkers, workOff } from './kill-checks.js';
import { Ledger } from './kill-ledger.js';
import { Load } from './kill-load.js';
import { healthOf } from './observe-service.js';
import { postgresObstacle, serviceOn } from './postgres-service.js';
import { Random } from './random.js';
import { serviceUser } from './service-users.js';

const KILLS = 4;
const MAX_ANSWERS = 300;

/** Printed with the test's name. It decides on the calls and the moments; how the machine runs beside it, it cannot. */
const seed = Number(process.env['JOBLIB_KILL_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));

const withServer = postgresObstacle === null ? describe : describe.skip;

interface Running {
  readonly service: ServiceProcess;
  readonly address: string;
  readonly owner: JoblibUser;
  readonly submitter: JoblibUser;
}

withServer(`kill -9 with PostgreSQL${postgresObstacle === null ? '' : ` (not tried: ${postgresObstacle})`}`, () => {
  const playground = new Playground();
  let server: PostgresServer;
  beforeEach(async () => {
    server = await PostgresServer.start();
  });
  afterEach(async () => {
    await playground.clear();
    await server.remove();
  });

  async function serve(): Promise<Running> {
    const service = serviceOn(playground, server.url());
    const address = await service.listening();
    return { service, address, owner: await serviceUser(address, 'owner', true), submitter: await serviceUser(address, 'submitter') };
  }

  it(`of the database under load takes nothing back that was answered, ${KILLS} times over (JOBLIB_KILL_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const ledger = new Ledger();
    const { service, address, owner, submitter } = await serve();
    await hireWorkers(owner, ledger);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const last = 1 + random.below(MAX_ANSWERS);
      let back: Promise<void> | undefined;
      let isOver = false;
      const load = new Load(
        submitter,
        owner,
        ledger,
        random,
        (count) => {
          if (count === last) back = server.stop('SIGKILL').then(() => server.restart());
          if (count === last + 100) isOver = true;
        },
        () => isOver,
      );
      await load.run(`load ${kill}`);
      await back;
      await until('it is ready', async () => (await healthOf(address)).ready === 200);
      await expectKept(submitter, ledger);
      await expectKeysKept(submitter, ledger);
    }
    await workOff(owner, ledger);
    await expectKept(submitter, ledger);
    for (const count of Object.values(ledger.counts)) expect(count).toBeGreaterThan(KILLS);
    expect(await service.stop()).toBe(0);
  });

  it(`of one of two servers under load takes nothing back, and the other goes on (JOBLIB_KILL_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const ledger = new Ledger();
    const [doomed, other] = [await serve(), await serve()];
    await hireWorkers(other.owner, ledger);
    const last = 1 + random.below(MAX_ANSWERS);
    let isOver = false;
    const onDoomed = (count: number): void => {
      if (count === last) doomed.service.child.kill('SIGKILL');
    };
    const onOther = (count: number): void => {
      if (count === MAX_ANSWERS + 100) isOver = true;
    };
    await Promise.all([
      new Load(doomed.submitter, doomed.owner, ledger, random, onDoomed).run('doomed'),
      new Load(other.submitter, other.owner, ledger, random, onOther, () => isOver).run('other'),
    ]);
    expect(await doomed.service.ended()).toBe('SIGKILL');
    await expectKept(other.submitter, ledger);
    await expectKeysKept(other.submitter, ledger);
    await workOff(other.owner, ledger);
    await expectKept(other.submitter, ledger);
  });
});
