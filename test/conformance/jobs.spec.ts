import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { databases } from './databases.js';
import { Workbench } from './workbench.js';

describe.each(databases)('jobs on $name', (kind) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
  });
  afterEach(() => bench.close());

  it('finds a job by its name, byte for byte, soft-deleted or not', async () => {
    const job = await bench.aJob({ roomId: 'lab', name: "Ro'tate; DROP TABLE joblib_job --", schema: '{"type": "object"}' });
    const find = (name: string) => bench.read((session) => bench.jobs.findByName(session, { ...job, name }));
    expect(await find(job.name)).toEqual(job);
    expect(await find(job.name.toLowerCase())).toBeNull();
    expect(await find(`${job.name} `)).toBeNull();
    await bench.write((tx) => bench.jobs.retireOrphans(tx, [job.id], bench.now + 1));
    expect(await find(job.name)).toEqual({ ...job, deletedAt: bench.now + 1 });
  });

  it('has room for one job of a name', async () => {
    const first = await bench.aJob();
    const second = { ...first, id: bench.ids.next().id, schema: '{"type":"object"}' };
    expect(await bench.write((tx) => bench.jobs.insert(tx, second))).toBe(false);
    expect(await bench.read((session) => bench.jobs.findByName(session, first))).toEqual(first);
  });

  it('shows a room its own jobs and the common ones, and those of other rooms only when asked to', async () => {
    await bench.aJob({ roomId: 'lab' });
    await bench.aJob();
    const get = (fullName: string, roomId: string, crossRoom = false) =>
      bench.read((session) => bench.jobs.getVisible(session, fullName, roomId, crossRoom));
    expect((await get('lab:modifiers:Rotate', 'lab')).roomId).toBe('lab');
    expect((await get('@global:modifiers:Rotate', 'lab')).roomId).toBe('@global');
    expect((await get('lab:modifiers:Rotate', 'attic', true)).roomId).toBe('lab');
    await expect(get('lab:modifiers:Rotate', 'attic')).rejects.toMatchObject({ problem: 'JobNotFound' });
    await expect(get('lab:modifiers:Rotate', '@global')).rejects.toMatchObject({ problem: 'JobNotFound' });
    await expect(get('lab:modifiers', 'lab')).rejects.toMatchObject({ problem: 'JobNotFound' });
  });

  it('brings a soft-deleted job back with another schema', async () => {
    const job = await bench.aJob();
    await bench.write((tx) => bench.jobs.retireOrphans(tx, [job.id], bench.now));
    await expect(bench.read((session) => bench.jobs.getVisible(session, '@global:modifiers:Rotate', 'lab', false))).rejects.toMatchObject({
      problem: 'JobNotFound',
    });
    await bench.write((tx) => bench.jobs.revive(tx, job.id, '{"title":"new"}'));
    expect(await bench.read((session) => bench.jobs.findByIds(session, [job.id]))).toEqual([{ ...job, schema: '{"title":"new"}' }]);
  });

  it('links a worker once and lists workers oldest first', async () => {
    const [job, lonely] = [await bench.aJob(), await bench.aJob({ name: 'Lonely' })];
    const [first, second] = [await bench.aWorker(), await bench.aWorker()];
    const link = (workerId: string) => bench.write((tx) => bench.jobs.link(tx, workerId, job.id));
    expect([await link(second.id), await link(first.id), await link(first.id)]).toEqual([true, true, false]);
    const workers = await bench.read((session) => bench.jobs.workersOf(session, [job.id, lonely.id]));
    expect([...workers]).toEqual([[job.id, [first.id, second.id]]]);
  });

  it('sees whether a worker of the job is fresh', async () => {
    const job = await bench.aJob();
    await bench.aLink(await bench.aWorker(), job);
    await bench.aWorker({ lastHeartbeat: bench.now + 1000 });
    const isFresh = (since: number) => bench.read((session) => bench.jobs.hasFreshWorker(session, job.id, since));
    expect([await isFresh(bench.now), await isFresh(bench.now + 1)]).toEqual([true, false]);
  });

  it('retires exactly those of the given jobs that have neither worker nor pending task, once, and tells their rooms', async () => {
    const [orphan, served, awaited, finished, internal, notAsked] = [
      await bench.aJob({ roomId: 'lab', name: 'orphan' }),
      await bench.aJob({ roomId: 'lab', name: 'served' }),
      await bench.aJob({ roomId: 'lab', name: 'awaited' }),
      await bench.aJob({ roomId: 'attic', name: 'finished' }),
      await bench.aJob({ roomId: '@internal', name: 'internal' }),
      await bench.aJob({ roomId: 'lab', name: 'not asked' }),
    ];
    const worker = await bench.aWorker();
    await bench.aLink(worker, served);
    await bench.aTask(awaited);
    await bench.aClaimedTask(finished, worker);
    bench.publisher.clear();

    const asked = [orphan, served, awaited, finished, internal].map(({ id }) => id);
    await bench.write((tx) => bench.jobs.retireOrphans(tx, asked, bench.now));
    const alive = (await bench.read((session) => bench.jobs.findByIds(session, [...asked, notAsked.id]))).filter(
      (job) => job.deletedAt === null,
    );
    expect(alive.map(({ name }) => name).sort()).toEqual(['awaited', 'internal', 'not asked', 'served']);
    expect(bench.events.map(({ name, room }) => [name, room]).sort()).toEqual([
      ['jobs_invalidate', 'room:attic'],
      ['jobs_invalidate', 'room:lab'],
    ]);

    bench.publisher.clear();
    await bench.write((tx) => bench.jobs.retireOrphans(tx, asked, bench.now));
    expect(bench.events).toEqual([]);
    expect(await bench.write((tx) => bench.jobs.retireAllOrphans(tx, bench.now))).toBe(1);
    expect(await bench.write((tx) => bench.jobs.retireAllOrphans(tx, bench.now))).toBe(0);
  });

  it('tells every room when a common job goes', async () => {
    const job = await bench.aJob();
    await bench.write((tx) => bench.jobs.retireOrphans(tx, [job.id], bench.now));
    expect(bench.events.map(({ name, room }) => [name, room])).toEqual([
      ['jobs_invalidate', 'room:@global'],
      ['jobs_invalidate', 'room:*'],
    ]);
  });

  it('lists live jobs of the given rooms, newest first', async () => {
    const [first, second] = [await bench.aJob({ roomId: 'lab' }), await bench.aJob()];
    await bench.aJob({ roomId: 'attic' });
    const dead = await bench.aJob({ name: 'dead' });
    await bench.write((tx) => bench.jobs.retireOrphans(tx, [dead.id], bench.now));
    const list = (limit: number, offset: number) =>
      bench.read((session) => bench.jobs.list(session, ['lab', '@global', '@internal'], { limit, offset }));
    expect(await list(10, 0)).toEqual({ items: [second, first], total: 2 });
    expect(await list(1, 1)).toEqual({ items: [first], total: 2 });
    expect(await list(0, 0)).toEqual({ items: [], total: 2 });
    expect(await list(10, 2)).toEqual({ items: [], total: 2 });
  });
});
