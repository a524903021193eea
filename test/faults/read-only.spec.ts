import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseHealth } from '@joblib/nestjs';

import { Playground } from '../service/server-process.js';
import { contentsOf } from '../support/contents.js';
import { expectReadsAnswered, expectWorkGoesOn, expectWritesRefused } from './outage.js';
import { aQueue } from './queue.js';
import { describeUnless, expectLivesThrough, lineOfWaiting, serviceOnFile, whyNot } from './service-on-file.js';
import { serviceUser } from './service-users.js';
import { SmallDisk, freeze, obstacleTo, thaw } from './small-disk.js';
import { WatchedServer } from './watched-server.js';

describe('a database that refuses every change', () => {
  let watched: WatchedServer;

  beforeEach(async () => {
    watched = await WatchedServer.start();
    await watched.server.dataSource.query('PRAGMA query_only = 1');
  });
  afterEach(() => watched.close());

  it('makes every change a 503 and changes nothing, while reads are answered', async () => {
    const { server, queue } = watched;
    const before = await contentsOf(server.dataSource);
    const seen = await expectReadsAnswered(queue);
    const told = server.events.events.length;
    await expectWritesRefused(queue, '');
    await expect(server.app.get(DatabaseHealth).check()).rejects.toMatchObject({ problem: 'DatabaseUnavailable' });
    expect(await expectReadsAnswered(queue)).toEqual(seen);
    expect(await contentsOf(server.dataSource)).toEqual(before);
    expect(server.events.events).toHaveLength(told);
  });

  it('is said once, and once that it is over; then all goes on by itself', async () => {
    const { server, queue } = watched;
    for (let round = 0; round < 3; round += 1) await expectWritesRefused(queue, '');
    expect(watched.errors()).toEqual([expect.stringMatching(/database cannot be used now: .*readonly/)]);
    await server.dataSource.query('PRAGMA query_only = 0');
    await expectWorkGoesOn(queue);
    await expect(server.app.get(DatabaseHealth).check()).resolves.toBeUndefined();
    expect(watched.errors()).toHaveLength(1);
    expect(watched.news()).toEqual([expect.stringContaining('can be used again')]);
  });
});

const playground = new Playground();

const freezeObstacle = obstacleTo(() => {
  freeze(import.meta.filename);
  thaw(import.meta.filename);
});

describeUnless(freezeObstacle)(`the service when its files become read-only${whyNot(freezeObstacle)}`, () => {
  let files: string[];

  beforeEach(() => {
    const file = join(playground.folder(), 'joblib.sqlite');
    files = ['', '-wal', '-shm'].map((ending) => file + ending);
  });
  afterEach(async () => {
    thaw(...files.filter((file) => existsSync(file)));
    await playground.clear();
  });

  it('lives on, refuses every change, answers reads, is not ready, and recovers by itself', async () => {
    const [begin, end] = [() => freeze(...files), () => thaw(...files)];
    await expectLivesThrough(serviceOnFile(playground, files[0] ?? ''), begin, end, /ERROR .*database cannot be used now/);
  });
});

const mountObstacle = obstacleTo(() => SmallDisk.mount().unmount());

describeUnless(mountObstacle)(`the service on a read-only disk${whyNot(mountObstacle)}`, () => {
  it('says in one line that it cannot start yet, names the file, and starts by itself once it can write', async () => {
    const disk = SmallDisk.mount();
    const file = join(disk.folder, 'joblib.sqlite');
    try {
      const first = serviceOnFile(playground, file);
      const queue = await aQueue(await serviceUser(await first.listening(), 'root', true));
      expect(await first.stop()).toBe(0);
      disk.makeReadOnly();
      const waiting = serviceOnFile(playground, file);
      expect(await lineOfWaiting(waiting)).toMatch(/: DATABASE_URL: '.*joblib\.sqlite' cannot be used: .*read-only/);
      disk.makeWritable();
      await expectWorkGoesOn({ ...queue, root: await serviceUser(await waiting.listening(), 'root', true) });
    } finally {
      await playground.clear();
      disk.unmount();
    }
  });
});
