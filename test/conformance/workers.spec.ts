import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const SPARE_NOBODY = { heartbeatSince: null, seenSince: null };

describe.each(databases)('workers on $name', (kind) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
  });
  afterEach(() => bench.close());

  it('finds a worker as it was put in, and null for an unknown one', async () => {
    const worker = await bench.aWorker();
    expect(await bench.read((session) => bench.workers.findById(session, worker.id))).toEqual(worker);
    expect(await bench.read((session) => bench.workers.findById(session, bench.ids.next().id))).toBeNull();
  });

  it('lists the ids of a user, oldest first, and of nobody else', async () => {
    const first = await bench.aWorker();
    await bench.aWorker({ userId: 'bob' });
    const second = await bench.aWorker();
    expect(await bench.read((session) => bench.workers.idsOfUser(session, 'ann'))).toEqual([first.id, second.id]);
  });

  it("beats for the user's own worker only", async () => {
    const worker = await bench.aWorker();
    const later = bench.now + 5000;
    expect(await bench.write((tx) => bench.workers.heartbeat(tx, worker.id, 'bob', later))).toBeNull();
    expect(await bench.write((tx) => bench.workers.heartbeat(tx, worker.id, 'ann', later))).toEqual({ ...worker, lastHeartbeat: later });
  });

  it('never takes a heartbeat back', async () => {
    const worker = await bench.aWorker();
    expect(await bench.write((tx) => bench.workers.heartbeat(tx, worker.id, 'ann', bench.now - 1))).toEqual(worker);
  });

  it('beats for all workers of a user, oldest first', async () => {
    const mine = [await bench.aWorker(), await bench.aWorker()];
    const other = await bench.aWorker({ userId: 'bob' });
    const later = bench.now + 1;
    const beaten = await bench.write((tx) => bench.workers.heartbeatOfUser(tx, 'ann', later));
    expect(beaten).toEqual(mine.map((worker) => ({ ...worker, lastHeartbeat: later })));
    expect(await bench.read((session) => bench.workers.findById(session, other.id))).toEqual(other);
  });

  it('beats for many, whoever they belong to', async () => {
    const [first, second, third] = [await bench.aWorker(), await bench.aWorker({ userId: 'bob' }), await bench.aWorker()];
    await bench.write((tx) => bench.workers.heartbeatMany(tx, [first.id, second.id], bench.now + 9));
    const beats = await bench.read((session) =>
      Promise.all([first, second, third].map(async ({ id }) => (await bench.workers.findById(session, id))?.lastHeartbeat)),
    );
    expect(beats).toEqual([bench.now + 9, bench.now + 9, bench.now]);
  });

  it('finds the silent ones, the longest silence first, up to a limit', async () => {
    const [second, first, fresh] = [
      await bench.aWorker({ lastHeartbeat: bench.now - 20 }),
      await bench.aWorker({ lastHeartbeat: bench.now - 30 }),
      await bench.aWorker({ lastHeartbeat: bench.now - 10 }),
    ];
    const before = fresh.lastHeartbeat;
    expect(await bench.read((session) => bench.workers.findSilent(session, before, 10))).toEqual([first.id, second.id]);
    expect(await bench.read((session) => bench.workers.findSilent(session, before, 1))).toEqual([first.id]);
  });

  it('deletes a worker once', async () => {
    const worker = await bench.aWorker();
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, SPARE_NOBODY))).toEqual(worker);
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, SPARE_NOBODY))).toBeNull();
    expect(await bench.read((session) => bench.workers.findById(session, worker.id))).toBeNull();
  });

  it('spares a worker with a heartbeat at or after the given time', async () => {
    const worker = await bench.aWorker();
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, { heartbeatSince: bench.now, seenSince: null }))).toBeNull();
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, { heartbeatSince: bench.now + 1, seenSince: null }))).toEqual(
      worker,
    );
  });

  it('spares a worker seen at or after the given time, which a heartbeat counts as and which is no heartbeat', async () => {
    const worker = await bench.aWorker();
    const later = bench.now + 100;
    await bench.write((tx) => bench.workers.markSeen(tx, worker.id, later));
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, { heartbeatSince: null, seenSince: later }))).toBeNull();
    expect(await bench.read((session) => bench.workers.findById(session, worker.id))).toEqual(worker);
    await bench.write((tx) => bench.workers.heartbeat(tx, worker.id, 'ann', later + 1));
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, { heartbeatSince: null, seenSince: later + 1 }))).toBeNull();
    expect(await bench.write((tx) => bench.workers.delete(tx, worker.id, { heartbeatSince: null, seenSince: later + 2 }))).not.toBeNull();
  });

  it('knows who serves what, until the links are cut', async () => {
    const worker = await bench.aWorker();
    const [job, other] = [await bench.aJob(), await bench.aJob({ name: 'Other' })];
    await bench.aLink(worker, job);
    const isLinked = (jobId: string): Promise<boolean> => bench.read((session) => bench.workers.isLinked(session, worker.id, jobId));
    expect([await isLinked(job.id), await isLinked(other.id)]).toEqual([true, false]);
    expect(await bench.write((tx) => bench.workers.unlink(tx, worker.id))).toEqual([job.id]);
    expect(await bench.write((tx) => bench.workers.unlink(tx, worker.id))).toEqual([]);
    expect(await isLinked(job.id)).toBe(false);
  });

  it('lists workers newest first with the count of their live jobs', async () => {
    const [first, second, third] = [await bench.aWorker(), await bench.aWorker(), await bench.aWorker()];
    const dead = await bench.aJob({ name: 'Dead', roomId: 'lab' });
    await bench.write((tx) => bench.jobs.retireOrphans(tx, [dead.id], bench.now));
    for (const job of [dead, await bench.aJob(), await bench.aJob({ name: 'Private', roomId: 'lab' })]) await bench.aLink(second, job);
    const list = (roomIds: readonly string[] | null, limit = 10, offset = 0) =>
      bench.read((session) => bench.workers.list(session, roomIds, { limit, offset }));
    const listed = [
      { id: third.id, lastHeartbeat: bench.now, jobCount: 0 },
      { id: second.id, lastHeartbeat: bench.now, jobCount: 2 },
      { id: first.id, lastHeartbeat: bench.now, jobCount: 0 },
    ];
    expect(await list(null)).toEqual({ items: listed, total: 3 });
    expect(await list(null, 1, 1)).toEqual({ items: [listed[1]], total: 3 });
    expect(await list(null, 0)).toEqual({ items: [], total: 3 });
    expect(await list(null, 10, 3)).toEqual({ items: [], total: 3 });
    expect(await list(['lab'])).toEqual({ items: [listed[1]], total: 1 });
    expect(await list(['elsewhere'])).toEqual({ items: [], total: 0 });
  });
});
