import 'reflect-metadata';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { ROUTES } from '@joblib/contract';
import { CLOCK, DatabaseHealth, IDENTITY, INTERNAL_REGISTRY, JoblibModule, JoblibTasks, SESSION_MAKER, Sweeper } from '@joblib/nestjs';
import { BearerNameIdentity, FakeClock } from '@joblib/nestjs/testing';

import { SocketClient, disconnectAll } from '../gateway/socket-client.js';
import { JoblibUser } from '../support/joblib-user.js';
import { passingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { claimsHeld, pollsHeld } from '../support/until.js';
import { WatchedSessions } from './watch-statements.js';

const JOB = '@global:modifiers:Rotate';
const bob = { id: 'bob', isSuperuser: false };

describe("with a host's own session maker", () => {
  let database: TestDatabase;
  let sessions: WatchedSessions;
  let clock: FakeClock;
  let app: NestFastifyApplication;
  let origin: string;

  beforeEach(async () => {
    database = await passingDatabase();
    sessions = new WatchedSessions(database.options());
    await sessions.open();
    clock = new FakeClock();
    const index = { run: () => Promise.resolve('done') };
    const module = await Test.createTestingModule({
      imports: [
        JoblibModule.forRoot({
          settings: { workerDisconnectGraceSeconds: 0, claimStartTimeoutSeconds: 10, taskRetentionSeconds: 1, payloadValidation: true },
          overrides: [
            { provide: IDENTITY, useClass: BearerNameIdentity },
            { provide: CLOCK, useValue: clock },
            { provide: SESSION_MAKER, useValue: sessions },
            { provide: INTERNAL_REGISTRY, useValue: { jobs: new Map([['@internal:modifiers:Index', index]]) } },
          ],
        }),
      ],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ routerOptions: { maxParamLength: 10_000 } }));
    app.useWebSocketAdapter(new IoAdapter(app));
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
  });

  afterEach(async () => {
    disconnectAll();
    await app.close();
    await sessions.close();
    await database.remove();
  });

  const root = (): JoblibUser => new JoblibUser(origin, 'root');

  async function everyRoute(workerId: string, taskId: string): Promise<void> {
    const parts: Record<string, string> = { room_id: 'lab', full_name: JOB, task_id: taskId, worker_id: workerId };
    const ours = ROUTES.filter(({ path }) => path.startsWith('/v1/joblib'));
    const last = (method: string): number => (method === 'DELETE' ? 1 : 0);
    for (const { method, path } of [...ours].sort((left, right) => last(left.method) - last(right.method))) {
      const address = path.replaceAll(/\{(\w+)\}/g, (_part, name: string) => parts[name] ?? taskId).slice('/v1/joblib'.length);
      const body = {
        category: 'modifiers',
        name: 'Rotate',
        payloads: [{}],
        updates: [{ id: taskId, status: 'running' }],
        status: 'running',
      };
      const { status } = await root().call(method, address, method === 'GET' || method === 'DELETE' ? undefined : body);
      expect([method, path, status < 500]).toEqual([method, path, true]);
    }
  }

  async function lifeOfTasks(workerId: string): Promise<string> {
    const user = root();
    const held = user.claim(workerId, {}, { prefer: 'wait=60' });
    await claimsHeld({ app }, 1);
    const { body: task } = await user.submit('lab', JOB, {}, { 'idempotency-key': 'k' });
    await held;
    await user.submit('lab', JOB, {}, { 'idempotency-key': 'k' });
    const polled = user.task(task.id, { prefer: 'wait=60' });
    await pollsHeld({ app }, 1);
    await user.report(task.id, 'running', { progress: 0.5 });
    await user.report(task.id, 'completed', { result: 1 });
    expect((await polled).body.status).toBe('completed');
    const tasks = app.get(JoblibTasks);
    await tasks.submitBatch(bob, { roomId: 'lab', jobName: JOB, payloads: [{}, {}] });
    await tasks.claimMany({ id: 'root', isSuperuser: true }, [{ workerId }]);
    const internal = await tasks.submit(bob, { roomId: 'lab', jobName: '@internal:modifiers:Index' });
    expect((await tasks.waitFor(bob, internal.id)).result).toBe('done');
    await tasks.cancel(bob, (await tasks.submit(bob, { roomId: 'lab', jobName: JOB })).id);
    return task.id;
  }

  it('no statement runs outside of its sessions: HTTP, sockets, sweeper, health, start and stop', async () => {
    const { worker_id: workerId } = (await root().register(JOB)).body;
    const taskId = await lifeOfTasks(workerId);
    await everyRoute(workerId, taskId);
    const { worker_id: joined } = (await root().register(JOB)).body;
    const socket = await SocketClient.connect(origin, 'root');
    expect(await socket.joinJob(JOB, joined)).toEqual({ status: 'ok' });
    await socket.joinRoom('lab');
    await socket.leaveJob(JOB, joined);
    await socket.joinJob(JOB, joined);
    socket.disconnect();
    await app.get(DatabaseHealth).check();
    clock.advance(24 * 60 * 60 + 1);
    await app.get(Sweeper).putBackUnstarted();
    expect((await app.get(Sweeper).sweepOnce()).expiredTasks).toBeGreaterThan(0);
    await app.close();
    expect(sessions.outside).toEqual([]);
    for (const count of [sessions.insideCount, sessions.transactions, sessions.reads]) expect(count).toBeGreaterThan(10);
  });

  it('one that did would be seen', async () => {
    await sessions.dataSource.query('SELECT 1');
    expect(sessions.outside).toEqual(['SELECT 1']);
  });
});
