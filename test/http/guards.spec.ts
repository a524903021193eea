import { BASE_PATH, ProblemError, ROUTES } from '@joblib/contract';
import type { Route, TaskView } from '@joblib/contract';
import { ROOM_GUARD, ROOM_READ_GUARD, Sweeper } from '@joblib/nestjs';
import type { Caller, RoomGuard, RoomReadGuard } from '@joblib/nestjs';
import { ForbiddenException, HttpException, Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { pollsHeld } from '../support/until.js';
import { expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

/** Refuses what `refuse` throws for, and remembers who asked for which room. */
class TestGuard implements RoomGuard, RoomReadGuard {
  readonly asked: string[] = [];
  refuse: (roomId: string, caller: Caller) => void = () => undefined;

  assertWritable(roomId: string, caller: Caller): Promise<void> {
    return this.#ask(roomId, caller);
  }

  assertReadable(roomId: string, caller: Caller): Promise<void> {
    return this.#ask(roomId, caller);
  }

  async #ask(roomId: string, caller: Caller): Promise<void> {
    this.asked.push(`${caller.id} ${roomId}`);
    await Promise.resolve();
    this.refuse(roomId, caller);
  }
}

const locked = (roomId: string): never => {
  throw new ProblemError('RoomLocked', `Room '${roomId}' is locked.`);
};

const foreign = (roomId: string, caller: Caller): void => {
  if (caller.id === 'eve') throw new ProblemError('Forbidden', `Room '${roomId}' is not yours.`);
};

describe('the guards of a host', () => {
  const [writing, reading] = [new TestGuard(), new TestGuard()];
  let scene: Scene;
  let task: TaskView;

  beforeAll(async () => {
    const overrides = [
      { provide: ROOM_GUARD, useValue: writing },
      { provide: ROOM_READ_GUARD, useValue: reading },
    ];
    scene = await Scene.start({ overrides });
    await scene.aJob();
    task = await scene.aTask();
  });
  afterAll(() => scene.close());
  beforeEach(() => {
    for (const guard of [writing, reading]) {
      guard.asked.length = 0;
      guard.refuse = () => undefined;
    }
  });

  const reads = () => [
    '/rooms/lab/workers',
    '/rooms/lab/jobs',
    `/rooms/lab/jobs/${ROTATE}`,
    `/rooms/lab/jobs/${ROTATE}/tasks`,
    '/rooms/lab/tasks',
    `/tasks/${task.id}`,
  ];

  it('for writing run before a job is registered or a task submitted, and nowhere else', async () => {
    const worker = await scene.aWorker();
    await scene.ann.heartbeat(worker);
    await scene.ann.removeWorker(worker);
    const { id } = await scene.aTask();
    await scene.ann.claim();
    await scene.sue.report(id, 'cancelled');
    for (const path of [...reads(), '/workers']) bodyOf(200, await scene.sue.call('GET', path));
    expect(writing.asked).toEqual(['sue lab']);
    await scene.ann.register(ROTATE);
    await scene.sue.call('POST', `/rooms/lab/tasks/${ROTATE}/batch`, { payloads: [{}, {}] });
    await scene.root.register('@global:modifiers:Rotate');
    expect(writing.asked).toEqual(['sue lab', 'ann lab', 'sue lab', 'root @global']);
  });

  it('for writing refuse with what they throw; then nothing is changed', async () => {
    writing.refuse = locked;
    const before = await scene.contents();
    expectProblem(await scene.ann.register('lab:modifiers:New'), 'RoomLocked');
    expectProblem(await scene.sue.submit('lab', ROTATE), 'RoomLocked');
    expectProblem(await scene.sue.call('POST', `/rooms/lab/tasks/${ROTATE}/batch`, { payloads: [{}] }), 'RoomLocked');
    expectProblem(await scene.sue.submit('lab', 'lab:modifiers:None'), 'RoomLocked');
    expect(await scene.contents()).toEqual(before);
  });

  it('see no room that is none', async () => {
    writing.refuse = locked;
    expectProblem(await scene.sue.submit('a:b', ROTATE), 'InvalidRoomId');
    expectProblem(await scene.ann.register('a@b:modifiers:Rotate'), 'InvalidRoomId');
    expectProblem(await scene.sue.tasks('a:b'), 'InvalidRoomId');
    expect([...writing.asked, ...reading.asked]).toEqual([]);
  });

  it('let a submit that was accepted before the lock be repeated', async () => {
    const key = { 'idempotency-key': 'before the lock' };
    const first = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, key));
    writing.refuse = locked;
    expect(bodyOf(200, await scene.sue.submit('lab', ROTATE, {}, key))).toEqual(first);
    expectProblem(await scene.sue.submit('lab', ROTATE, {}, { 'idempotency-key': 'behind it' }), 'RoomLocked');
  });

  it('may throw what Nest has for it', async () => {
    writing.refuse = () => {
      throw new ForbiddenException('not today');
    };
    const answer = await scene.sue.submit('lab', ROTATE);
    expectProblem(answer, 'Forbidden');
    expect(answer.body).toMatchObject({ detail: 'not today' });
    writing.refuse = () => {
      throw new HttpException('closed', 423);
    };
    expectProblem(await scene.sue.submit('lab', ROTATE), 'RoomLocked');
  });

  it('for reading run before every read of a room, once, with the caller', async () => {
    for (const path of reads()) {
      reading.asked.length = 0;
      bodyOf(200, await scene.eve.call('GET', path));
      expect([path, reading.asked]).toEqual([path, ['eve lab']]);
    }
    expect(writing.asked).toEqual([]);
  });

  it('for reading refuse with what they throw', async () => {
    reading.refuse = foreign;
    for (const path of reads()) {
      expectProblem(await scene.eve.call('GET', path), 'Forbidden');
      expect((await scene.sue.call('GET', path)).status).toBe(200);
    }
    expectProblem(await scene.eve.task(task.id, { prefer: 'wait=60' }), 'Forbidden');
    expectProblem(await scene.eve.call('GET', '/rooms/lab/jobs/none'), 'Forbidden');
    expect((await scene.eve.call('GET', '/workers')).status).toBe(200);
  });

  it('for reading are asked again when a held poll is answered', async () => {
    const { id } = await scene.aTask();
    const held = scene.eve.task(id, { prefer: 'wait=60' });
    await pollsHeld(scene.server, 1);
    reading.refuse = foreign;
    await scene.sue.report(id, 'cancelled');
    expectProblem(await held, 'Forbidden');
  });

  it('take a room’s task for what it is: existence first', async () => {
    reading.refuse = locked;
    expectProblem(await scene.eve.task('none'), 'TaskNotFound');
  });

  // Those of providers: test/providers/guards.spec.ts
  it('for reading are asked by every GET below /rooms/{room_id}, and by that of one task', () => {
    const routes: readonly Route[] = ROUTES;
    const guarded = routes.filter(
      ({ method, path }) =>
        method === 'GET' && !path.includes('/providers') && (path.includes('/rooms/{room_id}') || path.endsWith('/tasks/{task_id}')),
    );
    const addresses = guarded.map(({ path }) =>
      path.replace(BASE_PATH, '').replace('{room_id}', 'lab').replace('{full_name}', ROTATE).replace('{task_id}', task.id),
    );
    expect(addresses.sort()).toEqual(reads().sort());
  });

  it('decide for whom: a superuser may pass where others may not', async () => {
    writing.refuse = (roomId, { isSuperuser }) => {
      if (!isSuperuser) locked(roomId);
    };
    expectProblem(await scene.sue.submit('lab', ROTATE), 'RoomLocked');
    bodyOf(202, await scene.root.submit('lab', ROTATE));
    bodyOf(200, await scene.root.register(ROTATE));
  });

  it('say in headers of their own what a client can do about it', async () => {
    writing.refuse = reading.refuse = (roomId) => {
      throw new ProblemError('RoomLocked', `Room '${roomId}' is locked by bob.`, {
        headers: { 'Retry-After': '120', 'X-Locked-By': 'bob' },
      });
    };
    for (const answer of [await scene.sue.submit('lab', ROTATE), await scene.ann.register(ROTATE), await scene.sue.task(task.id)]) {
      expectProblem(answer, 'RoomLocked');
      expect(answer.body).toMatchObject({ detail: "Room 'lab' is locked by bob." });
      expect([answer.headers.get('retry-after'), answer.headers.get('x-locked-by')]).toEqual(['120', 'bob']);
    }
  });

  it('that fail are a failure of the server, which names no reason', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    writing.refuse = () => {
      throw new Error('the list of locks is lost');
    };
    const answer = await scene.sue.submit('lab', ROTATE);
    expect([answer.status, answer.body]).toMatchObject([500, { type: '/v1/problems/internal-error', status: 500 }]);
    expect(JSON.stringify(answer.body)).not.toContain('locks');
    expect(logged.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('the list of locks is lost')]);
    logged.mockRestore();
  });

  it('refuse nothing but what is new: a known key with another payload is told so, an expired one is locked out', async () => {
    const key = { 'idempotency-key': 'a day long' };
    bodyOf(202, await scene.sue.submit('lab', ROTATE, { n: 1 }, key));
    writing.refuse = locked;
    expectProblem(await scene.sue.submit('lab', ROTATE, { n: 2 }, key), 'IdempotencyMismatch');
    scene.server.clock.advance(24 * 3600);
    expect((await scene.sue.submit('lab', ROTATE, { n: 1 }, key)).status).toBe(200);
    scene.server.clock.advance(0.001);
    expectProblem(await scene.sue.submit('lab', ROTATE, { n: 1 }, key), 'RoomLocked');
  });
});

describe('an idempotency key whose task has outlived its keep', () => {
  const writing = new TestGuard();
  const key = { 'idempotency-key': 'gone' };
  let scene: Scene;

  beforeAll(async () => {
    const settings = { taskRetentionSeconds: 100, workerTimeoutSeconds: 100_000, payloadValidation: true };
    scene = await Scene.start({ overrides: [{ provide: ROOM_GUARD, useValue: writing }], settings });
    await scene.aJob(ROTATE, { schema: { properties: { n: { type: 'number' } } } });
    const { id } = bodyOf(202, await scene.sue.submit('lab', ROTATE, { n: 1 }, key));
    bodyOf(200, await scene.sue.report(id, 'cancelled'));
    scene.server.clock.advance(101);
    await scene.server.app.get(Sweeper).sweepOnce();
  });
  afterAll(() => scene.close());

  it('opens no locked room', async () => {
    writing.refuse = locked;
    expectProblem(await scene.sue.submit('lab', ROTATE, { n: 1 }, key), 'RoomLocked');
    writing.refuse = () => undefined;
  });

  it('lets no payload through that breaks the schema', async () => {
    expectProblem(await scene.sue.submit('lab', ROTATE, { n: 'one' }, key), 'PayloadInvalid', ['/payload/n']);
  });
});
