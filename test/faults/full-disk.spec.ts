import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DatabaseHealth } from '@joblib/nestjs';
import { Logger } from '@nestjs/common';

import { until } from '../support/until.js';
import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { contentsOf } from './contents.js';
import { expectProblem } from './expect-problem.js';
import { databaseLines, healthOf } from './observe-service.js';
import { expectReadsAnswered, expectWorkGoesOn, expectWritesRefused } from './outage.js';
import { JOB, aQueue } from './queue.js';
import type { Queue } from './queue.js';
import { SECRET, serviceUser } from './service-users.js';
import { SmallDisk, obstacleTo } from './small-disk.js';

const BULK = 'x'.repeat(100_000);
const NOBODY = '01900000-0000-7000-8000-000000000000';

describe('a database that may not grow', () => {
  let server: JoblibApp;
  let queue: Queue;
  let errors: jest.SpiedFunction<Logger['error']>;
  let logs: jest.SpiedFunction<Logger['log']>;

  beforeEach(async () => {
    errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    logs = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    server = await startJoblib();
    queue = await aQueue(new JoblibUser(server.origin, 'root'));
    logs.mockClear();
    await server.dataSource.query('PRAGMA max_page_count = 1');
  });
  afterEach(async () => {
    await server.close();
    errors.mockRestore();
    logs.mockRestore();
  });

  it('refuses what needs room, changes nothing, and answers what looks', async () => {
    const before = await contentsOf(server.dataSource);
    const seen = await expectReadsAnswered(queue);
    await expectWritesRefused(queue, BULK);
    expect(await expectReadsAnswered(queue)).toEqual(seen);
    expect(await contentsOf(server.dataSource)).toEqual(before);
    expect(
      server.events
        .payloadsOf('task_status_event')
        .map(({ id, status }) => [id, status])
        .at(-1),
    ).toEqual([queue.runningId, 'running']);
  });

  it('refuses every one of many calls at once, and works again by itself when there is room', async () => {
    const before = await contentsOf(server.dataSource);
    const answers = await Promise.all(Array.from({ length: 50 }, () => queue.root.submit('lab', JOB, { BULK })));
    for (const answer of answers) expectProblem(answer, 503, 'database-unavailable');
    expect(await contentsOf(server.dataSource)).toEqual(before);
    await server.dataSource.query('PRAGMA max_page_count = 1073741823');
    await expectWorkGoesOn(queue);
    await expect(server.app.get(DatabaseHealth).check()).resolves.toBeUndefined();
  });

  it('says so once, and once that it is over, though calls that write nothing come in between', async () => {
    for (let round = 0; round < 5; round += 1) {
      await expectWritesRefused(queue, BULK);
      expect(await queue.root.report(NOBODY, 'running')).toMatchObject({ status: 404 });
      expect(await queue.root.report(queue.pendingId, 'completed')).toMatchObject({ status: 409 });
    }
    expect(errors.mock.calls.map(([line]) => String(line))).toEqual([expect.stringMatching(/database cannot be used now: .*full/)]);
    expect(logs).not.toHaveBeenCalled();
    await server.dataSource.query('PRAGMA max_page_count = 1073741823');
    await expectWorkGoesOn(queue);
    expect(errors).toHaveBeenCalledTimes(1);
    expect(logs.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('can be used again')]);
  });

  it('fills no log when calls that need no room go on succeeding in between', async () => {
    for (let round = 0; round < 20; round += 1) {
      expectProblem(await queue.root.submit('lab', JOB, { BULK }), 503, 'database-unavailable');
      expect(await queue.root.heartbeat(queue.workerId)).toMatchObject({ status: 200 });
    }
    expect(errors).toHaveBeenCalledTimes(1);
    expect(logs).toHaveBeenCalledTimes(1);
  });
});

const obstacle = obstacleTo(() => SmallDisk.mount().unmount());
const onSmallDisk = obstacle === null ? describe : describe.skip;

onSmallDisk(
  `the service on a full disk${obstacle === null ? '' : ` (not tried, a small disk cannot be mounted here: ${obstacle})`}`,
  () => {
    const playground = new Playground();
    let disk: SmallDisk;

    beforeEach(() => {
      disk = SmallDisk.mount();
    });
    afterEach(async () => {
      await playground.clear();
      disk.unmount();
    });

    const file = (ending = ''): string => join(disk.folder, `joblib.sqlite${ending}`);
    const start = (): ServiceProcess =>
      playground.start(playground.folder(), { DATABASE_URL: `sqlite:${file()}`, ZNDRAW_JOBLIB_JWT_SECRET: SECRET });

    it('lives on, refuses every change, answers reads, is not ready, and recovers by itself', async () => {
      const service = start();
      const address = await service.listening();
      const queue = await aQueue(await serviceUser(address, 'root', true));
      const seen = await expectReadsAnswered(queue);
      disk.fill();
      for (let round = 0; round < 3; round += 1) {
        await expectWritesRefused(queue, '');
        expect(await healthOf(address)).toEqual({ live: 200, ready: 503 });
        expect(await expectReadsAnswered(queue)).toEqual(seen);
      }
      disk.makeRoom();
      expect(await healthOf(address)).toEqual({ live: 200, ready: 200 });
      await expectWorkGoesOn(queue);
      expect(databaseLines(service)).toEqual([
        expect.stringMatching(/ERROR .*database cannot be used now: database or disk is full/),
        expect.stringMatching(/LOG .*can be used again/),
      ]);
      expect(await service.stop()).toBe(0);
    });

    it('starts again after a kill, with everything that was answered', async () => {
      const killed = start();
      const queue = await aQueue(await serviceUser(await killed.listening(), 'root', true));
      const seen = await expectReadsAnswered(queue);
      disk.fill();
      await killed.stop('SIGKILL');
      const service = start();
      const again: Queue = { ...queue, root: await serviceUser(await service.listening(), 'root', true) };
      expect(await expectReadsAnswered(again)).toEqual(seen);
      await expectWritesRefused(again, '');
      disk.makeRoom();
      await expectWorkGoesOn(again);
    });

    it('stops as always', async () => {
      const service = start();
      const queue = await aQueue(await serviceUser(await service.listening(), 'root', true));
      disk.fill();
      await expectWritesRefused(queue, '');
      expect(await service.stop()).toBe(0);
      disk.makeRoom();
      const next = start();
      await expectWorkGoesOn({ ...queue, root: await serviceUser(await next.listening(), 'root', true) });
    });

    it.each([
      ['there is no database yet', false],
      ['there is a database, but no room for the files beside it', true],
    ])(
      'says in one line that it cannot start yet when %s, names the file, and starts by itself when there is room',
      async (_when, isThere) => {
        if (isThere) {
          await stopped(start());
          for (const ending of ['-wal', '-shm', '-owner']) rmSync(file(ending), { force: true });
        }
        disk.fill();
        const waiting = start();
        await until('the service says why it waits', () => waiting.stderr.includes('\n'));
        expect(waiting.stderr).toMatch(/^joblib cannot start yet, and tries again every 2 s: .*\n$/);
        expect(waiting.stderr).toContain(file());
        disk.makeRoom();
        expect(await healthOf(await waiting.listening())).toEqual({ live: 200, ready: 200 });
      },
    );
  },
);

async function stopped(service: ServiceProcess): Promise<void> {
  await service.listening();
  expect(await service.stop()).toBe(0);
}
