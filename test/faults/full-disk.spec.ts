import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseHealth } from '@joblib/nestjs';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { contentsOf } from '../support/contents.js';
import { expectProblem } from './expect-problem.js';
import { healthOf } from './observe-service.js';
import { expectReadsAnswered, expectWorkGoesOn, expectWritesRefused } from './outage.js';
import { JOB, aQueue } from './queue.js';
import type { Queue } from './queue.js';
import { describeUnless, expectLivesThrough, lineOfWaiting, serviceOnFile, whyNot } from './service-on-file.js';
import { serviceUser } from './service-users.js';
import { SmallDisk, obstacleTo } from './small-disk.js';
import { WatchedServer } from './watched-server.js';

const BULK = 'x'.repeat(100_000);
const NOBODY = '01900000-0000-7000-8000-000000000000';

describe('a database that may not grow', () => {
  let watched: WatchedServer;

  beforeEach(async () => {
    watched = await WatchedServer.start();
    await watched.server.dataSource.query('PRAGMA max_page_count = 1');
  });
  afterEach(() => watched.close());

  it('refuses what needs room, changes nothing, and answers what looks', async () => {
    const { server, queue } = watched;
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
    const { server, queue } = watched;
    const before = await contentsOf(server.dataSource);
    const answers = await Promise.all(Array.from({ length: 50 }, () => queue.root.submit('lab', JOB, { BULK })));
    for (const answer of answers) expectProblem(answer, 503, 'database-unavailable');
    expect(await contentsOf(server.dataSource)).toEqual(before);
    await server.dataSource.query('PRAGMA max_page_count = 1073741823');
    await expectWorkGoesOn(queue);
    await expect(server.app.get(DatabaseHealth).check()).resolves.toBeUndefined();
  });

  it('says so once, and once that it is over, though calls that write nothing come in between', async () => {
    const { server, queue } = watched;
    for (let round = 0; round < 5; round += 1) {
      await expectWritesRefused(queue, BULK);
      expect(await queue.root.report(NOBODY, 'running')).toMatchObject({ status: 404 });
      expect(await queue.root.report(queue.pendingId, 'completed')).toMatchObject({ status: 409 });
    }
    expect(watched.errors()).toEqual([expect.stringMatching(/database cannot be used now: .*full/)]);
    expect(watched.news()).toEqual([]);
    await server.dataSource.query('PRAGMA max_page_count = 1073741823');
    await expectWorkGoesOn(queue);
    expect(watched.errors()).toHaveLength(1);
    expect(watched.news()).toEqual([expect.stringContaining('can be used again')]);
  });

  it('fills no log when calls that need no room go on succeeding in between', async () => {
    const { queue } = watched;
    for (let round = 0; round < 20; round += 1) {
      expectProblem(await queue.root.submit('lab', JOB, { BULK }), 503, 'database-unavailable');
      expect(await queue.root.heartbeat(queue.workerId)).toMatchObject({ status: 200 });
    }
    expect(watched.errors()).toHaveLength(1);
    expect(watched.news()).toHaveLength(1);
  });
});

const obstacle = obstacleTo(() => SmallDisk.mount().unmount());

describeUnless(obstacle)(`the service on a full disk${whyNot(obstacle)}`, () => {
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
  const start = (): ServiceProcess => serviceOnFile(playground, file());

  it('lives on, refuses every change, answers reads, is not ready, and recovers by itself', async () => {
    const [begin, end] = [() => disk.fill(), () => disk.makeRoom()];
    await expectLivesThrough(start(), begin, end, /ERROR .*database cannot be used now: database or disk is full/);
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
      expect(await lineOfWaiting(waiting)).toContain(file());
      disk.makeRoom();
      expect(await healthOf(await waiting.listening())).toEqual({ live: 200, ready: 200 });
    },
  );
});

async function stopped(service: ServiceProcess): Promise<void> {
  await service.listening();
  expect(await service.stop()).toBe(0);
}
