import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@joblib/contract';
import type { RoomEvent } from '@joblib/contract';
import { EVENT_PUBLISHER, ROOM_READ_GUARD } from '@joblib/nestjs';
import type { Caller, EventPublisher } from '@joblib/nestjs';

import { JoblibUser } from '../support/joblib-user.js';
import { aStoredDelivery } from '../support/stored-delivery.js';
import { startGateway } from './gateway-app.js';
import type { GatewayApp } from './gateway-app.js';
import { SocketClient, disconnectAll } from './socket-client.js';

const ROTATE = '@global:modifiers:Rotate';
const UNKNOWN_ID = '0190a000-0000-7000-8000-000000000000';

const problem = (id: string, status: number): unknown => expect.objectContaining({ type: `/v1/problems/${id}`, status });

const privateRoomGuard = {
  assertReadable: (roomId: string, caller: Caller): Promise<void> =>
    roomId === 'vault' && caller.id !== 'ada' ? Promise.reject(new ProblemError('Forbidden', 'The vault is closed.')) : Promise.resolve(),
};

describe('rooms', () => {
  let server: GatewayApp;
  let root: JoblibUser;
  let ada: SocketClient;
  let bob: SocketClient;
  let workerId: string;

  beforeEach(async () => {
    server = await startGateway({ overrides: [{ provide: ROOM_READ_GUARD, useValue: privateRoomGuard }] });
    root = new JoblibUser(server.origin, 'root');
    workerId = (await root.register(ROTATE)).body.worker_id;
    ada = await SocketClient.connect(server.origin, 'ada');
    bob = await SocketClient.connect(server.origin, 'bob');
  });

  afterEach(async () => {
    disconnectAll();
    await server.close();
  });

  it('tells the room of a task every transition in order, and no other room anything', async () => {
    await ada.joinRoom('lab');
    await bob.joinRoom('office');
    const { id, created_at } = (await root.submit('lab', ROTATE)).body;
    await root.claim(workerId);
    server.clock.advance(1);
    await root.report(id, 'running', { progress: 0.5 });
    await root.report(id, 'completed', { result: { angle: 90 } });
    const common = { id, name: ROTATE, room_id: 'lab', created_at, error: null };
    expect(await ada.payloadsOf('task_status_event')).toEqual([
      {
        ...common,
        status: 'pending',
        started_at: null,
        completed_at: null,
        queue_position: 1,
        worker_id: null,
        progress: null,
        result: null,
      },
      {
        ...common,
        status: 'claimed',
        started_at: null,
        completed_at: null,
        queue_position: null,
        worker_id: workerId,
        progress: null,
        result: null,
      },
      {
        ...common,
        status: 'running',
        started_at: '2026-01-01T00:00:01.000Z',
        completed_at: null,
        queue_position: null,
        worker_id: workerId,
        progress: 0.5,
        result: null,
      },
      {
        ...common,
        status: 'completed',
        started_at: '2026-01-01T00:00:01.000Z',
        completed_at: '2026-01-01T00:00:01.000Z',
        queue_position: null,
        worker_id: workerId,
        progress: 0.5,
        result: { angle: 90 },
      },
    ]);
    expect(await bob.settled()).toEqual([]);
  });

  it("tells the job's workers of new tasks, and nobody else", async () => {
    const worker = await SocketClient.connect(server.origin, 'root');
    expect(await worker.joinJob(ROTATE, workerId)).toEqual({ status: 'ok' });
    await ada.joinRoom('lab');
    const { id } = (await root.submit('lab', ROTATE)).body;
    expect(await worker.settled()).toEqual([{ name: 'task_available', payload: { job_name: ROTATE, room_id: 'lab', task_id: id } }]);
    expect(await ada.payloadsOf('task_available')).toEqual([]);
  });

  it('tells the workers of a job when a claimed task of it is cancelled', async () => {
    const worker = await SocketClient.connect(server.origin, 'root');
    await worker.joinJob(ROTATE, workerId);
    const { id } = (await root.submit('lab', ROTATE)).body;
    await root.claim(workerId);
    await root.report(id, 'cancelled');
    expect(await worker.payloadsOf('task_cancelled')).toEqual([{ task_id: id, job_name: ROTATE, room_id: 'lab' }]);
    expect(await bob.settled()).toEqual([]);
  });

  it('tells every socket once that the jobs of @global changed, however many rooms it is in', async () => {
    for (const room of ['lab', 'office', '@global', '*']) await ada.joinRoom(room);
    await bob.joinRoom('office');
    const outsider = await SocketClient.connect(server.origin, 'eve');
    await root.register('@global:modifiers:Scale');
    expect(await ada.settled()).toEqual([{ name: 'jobs_invalidate', payload: {} }]);
    expect(await bob.settled()).toEqual([{ name: 'jobs_invalidate', payload: {} }]);
    expect(await outsider.settled()).toEqual([]);
  });

  it("tells only a room itself that its own jobs changed, a room called '*' included", async () => {
    await ada.joinRoom('lab');
    await bob.joinRoom('*');
    await root.register('lab:modifiers:Scale');
    expect(await ada.payloadsOf('jobs_invalidate')).toHaveLength(1);
    expect(await bob.settled()).toEqual([]);
    await root.register('*:modifiers:Scale');
    expect(await ada.payloadsOf('jobs_invalidate')).toHaveLength(1);
    expect(await bob.payloadsOf('jobs_invalidate')).toHaveLength(1);
  });

  it('tells every room when a delivery to a plugin is retried', async () => {
    const cyd = await SocketClient.connect(server.origin, 'cyd');
    await ada.joinRoom('lab');
    await bob.joinRoom('office');
    const { id } = await aStoredDelivery(server);
    expect((await root.call('POST', `/plugins/chat/deliveries/${id}/retry`)).status).toBe(202);
    for (const person of [ada, bob]) expect(await person.settled()).toEqual([{ name: 'plugins_invalidate', payload: {} }]);
    expect(await cyd.settled()).toEqual([]);
  });

  it('is silent after the room was left, and still heard in the other one', async () => {
    await ada.joinRoom('lab');
    await ada.joinRoom('office');
    expect(await ada.leaveRoom('lab')).toEqual({ status: 'ok' });
    await root.submit('lab', ROTATE);
    await root.register('@global:modifiers:Scale');
    expect(await ada.settled()).toEqual([{ name: 'jobs_invalidate', payload: {} }]);
    await ada.leaveRoom('office');
    await root.register('@global:modifiers:Shift');
    expect(await ada.settled()).toHaveLength(1);
  });

  it('does what a socket asks in the order in which it asks, without waiting for acknowledgements', async () => {
    ada.socket.emit('room_join', { room_id: 'lab' });
    ada.socket.emit('room_leave', { room_id: 'lab' });
    ada.socket.emit('room_join', { room_id: 'office' });
    await ada.settled();
    await root.submit('lab', ROTATE);
    await root.submit('office', ROTATE);
    expect((await ada.payloadsOf('task_status_event')).map(({ room_id }) => room_id)).toEqual(['office']);
  });

  it('asks the read guard, and lets nobody in whom it refuses', async () => {
    expect(await ada.joinRoom('vault')).toEqual({ status: 'ok' });
    expect(await bob.joinRoom('vault')).toEqual(problem('forbidden', 403));
    await root.submit('vault', ROTATE);
    expect(await ada.payloadsOf('task_status_event')).toHaveLength(1);
    expect(await bob.settled()).toEqual([]);
  });

  it.each([
    ['that is reserved', '@nowhere'],
    ['with a colon', 'a:b'],
    ['without a name', ''],
    ['with too long a name', 'x'.repeat(256)],
  ])('knows no room %s', async (_what, room) => {
    expect(await ada.joinRoom(room)).toEqual(problem('invalid-room-id', 400));
  });

  it('lets nobody join for a worker of somebody else', async () => {
    expect(await ada.joinJob(ROTATE, workerId)).toEqual(problem('forbidden', 403));
    await root.submit('lab', ROTATE);
    expect(await ada.settled()).toEqual([]);
  });

  it('lets no worker join that does not serve the job', async () => {
    const idle = (await new JoblibUser(server.origin, 'ada').createWorker()).body.id;
    expect(await ada.joinJob(ROTATE, idle)).toEqual(problem('forbidden', 403));
    await root.submit('lab', ROTATE);
    expect(await ada.settled()).toEqual([]);
  });

  it.each([
    ['that nobody registered', '@global:modifiers:Unknown'],
    ['with no full name', 'no name'],
    ['without a category', 'a::b'],
    ['with a NUL', 'r\u0000:modifiers:A'],
    ['with a huge name', `${'x'.repeat(100_000)}:modifiers:A`],
  ])('knows no job %s', async (_what, jobName) => {
    expect(await ada.joinJob(jobName, workerId)).toEqual(problem('job-not-found', 404));
  });

  it.each([
    ['that was never there', UNKNOWN_ID],
    ['whose id is no UUID', 'not-a-uuid'],
    ['with a huge id', 'y'.repeat(100_000)],
  ])('knows no worker %s', async (_what, unknown) => {
    expect(await ada.joinJob(ROTATE, unknown)).toEqual(problem('worker-not-found', 404));
  });

  it('knows no job that was soft-deleted', async () => {
    await root.removeWorker(workerId);
    expect(await ada.joinJob(ROTATE, workerId)).toEqual(problem('job-not-found', 404));
  });

  it('acknowledges leaving of what was never joined', async () => {
    expect(await ada.leaveRoom('never-joined')).toEqual({ status: 'ok' });
    expect(await ada.leaveJob('no name', 'no worker')).toEqual({ status: 'ok' });
  });

  const HOSTILE: [string, unknown[]][] = [
    ['nothing', []],
    ['null', [null]],
    ['a number', [7]],
    ['an array', [['lab']]],
    ['several arguments', [{ room_id: 'lab' }, { room_id: 'lab' }]],
    ['a huge string', ['x'.repeat(500_000)]],
    ['bytes', [Buffer.from('lab')]],
    ['an empty object', [{}]],
    ['fields of other types', [{ room_id: 1, job_name: ['x'], worker_id: { $gt: '' } }]],
    ['inherited-looking keys', [JSON.parse('{"__proto__": {"room_id": "lab", "job_name": "a", "worker_id": "b"}, "constructor": 1}')]],
  ];

  it.each(HOSTILE)('answers %s with a problem document, and goes on', async (_what, payload) => {
    for (const event of ['join_job_room', 'leave_job_room', 'room_join', 'room_leave']) {
      expect(await ada.ask(event, ...payload)).toEqual(problem('validation-error', 422));
      // Without an acknowledgement asked for, nothing is sent.
      ada.socket.emit(event, ...payload);
    }
    expect(await ada.settled()).toEqual([]);
    expect(await bob.joinRoom('lab')).toEqual({ status: 'ok' });
  });

  it('keeps every event when sockets come by polling', async () => {
    const polling = await SocketClient.connect(server.origin, 'ada', { transport: 'polling' });
    await polling.joinRoom('lab');
    for (let count = 0; count < 20; count += 1) await root.submit('lab', ROTATE);
    expect((await polling.payloadsOf('task_status_event')).map(({ queue_position }) => queue_position)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('emits what stands behind an event that cannot be encoded', async () => {
    await ada.joinRoom('lab');
    const publisher = server.app.get<EventPublisher>(EVENT_PUBLISHER, { strict: false });
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const unfit = { name: 'task_status_event', room: 'room:lab', payload: { result: circular } } as unknown as RoomEvent;
    await publisher.publish([unfit, { name: 'jobs_invalidate', room: 'room:lab', payload: {} }]);
    expect(await ada.settled()).toEqual([{ name: 'jobs_invalidate', payload: {} }]);
  });
});
