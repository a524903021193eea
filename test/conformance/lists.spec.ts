import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Job } from '../../libs/nestjs/src/domain/job.js';
import type { Task } from '../../libs/nestjs/src/domain/task.js';
import type { TaskFilter } from '../../libs/nestjs/src/persistence/index.js';
import { UnitOfWork, TaskListStore } from '../../libs/nestjs/src/persistence/index.js';
import type { SessionMaker } from '../../libs/nestjs/src/ports/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const FAR = 100_000;

describe.each(databases)('lists of tasks on $name', (kind) => {
  let bench: Workbench;
  let job: Job;
  let other: Job;
  let pending: Task[];
  let cancelled: Task[];
  let elsewhere: Task;

  beforeAll(async () => {
    bench = await Workbench.open(kind);
    job = await bench.aJob();
    other = await bench.aJob({ name: 'Other' });
    const tasks = [...(await bench.someTasks(job, 3)), await bench.aTask(other)];
    elsewhere = await bench.aTask(job, { roomId: 'attic' });
    cancelled = [];
    for (const task of [tasks[1], tasks[3]] as Task[]) {
      const after = await bench.report(task.id, 'cancelled', { userId: 'sue' });
      if (after !== undefined) cancelled.unshift(after);
    }
    pending = [tasks[2], tasks[0]] as Task[];
  });
  afterAll(() => bench.close());

  const page = (filter: TaskFilter, limit = 10, offset = 0) => bench.lists.page(filter, { limit, offset });
  const all = (): Task[] => [...pending, ...cancelled].sort((left, right) => (left.id < right.id ? 1 : -1));
  const ofJob = (tasks: Task[]): Task[] => tasks.filter(({ jobId }) => jobId === job.id);

  it('shows the tasks of a room newest first', async () => {
    expect(await page({ roomId: 'lab' })).toEqual({ items: all(), total: 4 });
    expect(await page({ roomId: 'attic' })).toEqual({ items: [elsewhere], total: 1 });
    expect(await page({ roomId: 'LAB' })).toEqual({ items: [], total: 0 });
  });

  it('narrows by status, by job and by both', async () => {
    expect(await page({ roomId: 'lab', status: 'pending' })).toEqual({ items: pending, total: 2 });
    expect(await page({ roomId: 'lab', status: 'cancelled' })).toEqual({ items: cancelled, total: 2 });
    expect(await page({ roomId: 'lab', status: 'running' })).toEqual({ items: [], total: 0 });
    expect(await page({ roomId: 'lab', jobId: job.id })).toEqual({ items: ofJob(all()), total: 3 });
    expect(await page({ roomId: 'lab', jobId: job.id, status: 'cancelled' })).toEqual({ items: ofJob(cancelled), total: 1 });
  });

  it('cuts pages that fit together', async () => {
    const [first, second, third] = [
      await page({ roomId: 'lab' }, 3),
      await page({ roomId: 'lab' }, 3, 3),
      await page({ roomId: 'lab' }, 3, 4),
    ];
    expect([...first.items, ...second.items]).toEqual(all());
    expect(third).toEqual({ items: [], total: 4 });
    expect(await page({ roomId: 'lab' }, 0)).toEqual({ items: [], total: 4 });
    expect(await page({ roomId: 'lab' }, 10, Number.MAX_SAFE_INTEGER)).toEqual({ items: [], total: 4 });
  });

  describe(`with more than ${FAR} tasks`, () => {
    let ids: string[];

    beforeAll(async () => {
      ids = [];
      for (let count = 0; count < FAR + 10; count += 10_001) {
        ids.push(...(await bench.someTasks(job, 10_001, { roomId: 'vast' })).map(({ id }) => id));
      }
      ids.reverse();
    });

    it('reaches a far page, the last page and what is behind it', async () => {
      const at = async (offset: number) => (await page({ roomId: 'vast' }, 3, offset)).items.map(({ id }) => id);
      expect(await at(FAR)).toEqual(ids.slice(FAR, FAR + 3));
      expect(await at(ids.length - 1)).toEqual(ids.slice(-1));
      expect(await at(ids.length)).toEqual([]);
    });

    it('walks there in strides, so that others have their turn in between', async () => {
      const reads: number[] = [];
      const counting: SessionMaker = {
        transaction: (work) => bench.database.sessionMaker.transaction(work),
        read(work) {
          reads.push(reads.length);
          return bench.database.sessionMaker.read(work);
        },
      };
      const lists = new TaskListStore(new UnitOfWork(counting, bench.publisher, bench.wakeUps));
      await lists.page({ roomId: 'vast' }, { limit: 3, offset: FAR });
      expect(reads.length).toBe(1 + FAR / 5000 + 1);
    });
  });
});
