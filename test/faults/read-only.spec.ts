import { existsSync } from 'node:fs';
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
import { databaseLines, healthOf } from './observe-service.js';
import { expectReadsAnswered, expectWorkGoesOn, expectWritesRefused } from './outage.js';
import { aQueue } from './queue.js';
import type { Queue } from './queue.js';
import { SECRET, serviceUser } from './service-users.js';
import { SmallDisk, freeze, obstacleTo, thaw } from './small-disk.js';

describe('a database that refuses every change', () => {
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
    await server.dataSource.query('PRAGMA query_only = 1');
  });
  afterEach(async () => {
    await server.close();
    errors.mockRestore();
    logs.mockRestore();
  });

  it('makes every change a 503 and changes nothing, while reads are answered', async () => {
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
    for (let round = 0; round < 3; round += 1) await expectWritesRefused(queue, '');
    expect(errors.mock.calls.map(([line]) => String(line))).toEqual([expect.stringMatching(/database cannot be used now: .*readonly/)]);
    await server.dataSource.query('PRAGMA query_only = 0');
    await expectWorkGoesOn(queue);
    await expect(server.app.get(DatabaseHealth).check()).resolves.toBeUndefined();
    expect(errors).toHaveBeenCalledTimes(1);
    expect(logs.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('can be used again')]);
  });
});

const playground = new Playground();

function startOn(file: string): ServiceProcess {
  return playground.start(playground.folder(), { DATABASE_URL: `sqlite:${file}`, ZNDRAW_JOBLIB_JWT_SECRET: SECRET });
}

const freezeObstacle = obstacleTo(() => {
  freeze(import.meta.filename);
  thaw(import.meta.filename);
});
const withFreezing = freezeObstacle === null ? describe : describe.skip;

withFreezing(
  `the service when its files become read-only${freezeObstacle === null ? '' : ` (not tried, files cannot be frozen here: ${freezeObstacle})`}`,
  () => {
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
      const service = startOn(files[0] ?? '');
      const address = await service.listening();
      const queue = await aQueue(await serviceUser(address, 'root', true));
      const seen = await expectReadsAnswered(queue);
      freeze(...files);
      for (let round = 0; round < 3; round += 1) {
        await expectWritesRefused(queue, '');
        expect(await healthOf(address)).toEqual({ live: 200, ready: 503 });
        expect(await expectReadsAnswered(queue)).toEqual(seen);
      }
      thaw(...files);
      expect(await healthOf(address)).toEqual({ live: 200, ready: 200 });
      await expectWorkGoesOn(queue);
      expect(databaseLines(service)).toEqual([
        expect.stringMatching(/ERROR .*database cannot be used now/),
        expect.stringMatching(/LOG .*can be used again/),
      ]);
      expect(await service.stop()).toBe(0);
    });
  },
);

const mountObstacle = obstacleTo(() => SmallDisk.mount().unmount());
const onReadOnlyDisk = mountObstacle === null ? describe : describe.skip;

onReadOnlyDisk(
  `the service on a read-only disk${mountObstacle === null ? '' : ` (not tried, a disk cannot be mounted here: ${mountObstacle})`}`,
  () => {
    it('says in one line that it cannot start yet, names the file, and starts by itself once it can write', async () => {
      const disk = SmallDisk.mount();
      const file = join(disk.folder, 'joblib.sqlite');
      try {
        const first = startOn(file);
        const queue = await aQueue(await serviceUser(await first.listening(), 'root', true));
        expect(await first.stop()).toBe(0);
        disk.makeReadOnly();
        const waiting = startOn(file);
        await until('the service says why it waits', () => waiting.stderr.includes('\n'));
        expect(waiting.stderr).toMatch(/^joblib cannot start yet, .*: DATABASE_URL: '.*joblib\.sqlite' cannot be used: .*read-only.*\n$/);
        disk.makeWritable();
        await expectWorkGoesOn({ ...queue, root: await serviceUser(await waiting.listening(), 'root', true) });
      } finally {
        await playground.clear();
        disk.unmount();
      }
    });
  },
);
