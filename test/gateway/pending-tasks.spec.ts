import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EVENT_PUBLISHER } from '@joblib/nestjs';
import type { EventPublisher } from '@joblib/nestjs';

import { ClaimGates, ClaimStore } from '../../libs/nestjs/src/persistence/index.js';
import { emptyTables } from '../support/contents.js';
import { JoblibUser } from '../support/joblib-user.js';
import { startGateway } from './gateway-app.js';
import type { GatewayApp } from './gateway-app.js';
import { SocketClient, disconnectAll } from './socket-client.js';

const ROTATE = '@global:modifiers:Rotate';
const SCALE = '@global:modifiers:Scale';

describe('a worker that joins the room of a job', () => {
  let server: GatewayApp;
  let root: JoblibUser;
  let socket: SocketClient;
  let workerId: string;

  beforeAll(async () => {
    server = await startGateway({ settings: { workerDisconnectGraceSeconds: 60 } });
    root = new JoblibUser(server.origin, 'root');
  });
  afterAll(() => server.close());

  beforeEach(async () => {
    await emptyTables(server.dataSource);
    workerId = (await root.register(ROTATE)).body.worker_id;
    await root.register(SCALE, { workerId });
    socket = await SocketClient.connect(server.origin, 'root');
  });

  afterEach(() => {
    disconnectAll();
    jest.restoreAllMocks();
    server.app.get(ClaimGates).set(new Set());
  });

  async function submit(fullName = ROTATE): Promise<string> {
    return (await root.submit('lab', fullName)).body.id;
  }

  /** What the socket had heard when its join was answered. */
  async function heardAtJoin(fullName = ROTATE, worker = workerId): Promise<unknown[]> {
    const before = socket.heard.length;
    expect(await socket.joinJob(fullName, worker)).toEqual({ status: 'ok' });
    return socket.heard.slice(before);
  }

  const available = (taskId: string, fullName = ROTATE): unknown => ({
    name: 'task_available',
    payload: { job_name: fullName, room_id: 'lab', task_id: taskId },
  });

  it('is told once, of the oldest of its pending tasks, and nobody else is', async () => {
    const earlier = await SocketClient.connect(server.origin, 'root');
    await earlier.joinJob(ROTATE, workerId);
    const [claimed, oldest] = [await submit(), await submit()];
    await submit();
    await root.claim(workerId);
    const before = (await earlier.settled()).length;
    expect(await heardAtJoin()).toEqual([available(oldest)]);
    expect(claimed).not.toBe(oldest);
    expect(await earlier.settled()).toHaveLength(before);
  });

  it('is told nothing without a pending task of that very job; one look says so', async () => {
    await submit(SCALE);
    const looks = jest.spyOn(server.app.get(ClaimStore), 'oldestPending');
    expect(await heardAtJoin()).toEqual([]);
    expect(looks).toHaveBeenCalledTimes(1);
    const id = await submit();
    expect(await socket.settled()).toEqual([available(id)]);
  });

  it('is told again after it left, or for another worker, but not when it was there already', async () => {
    const id = await submit();
    expect(await heardAtJoin()).toEqual([available(id)]);
    expect(await heardAtJoin()).toEqual([]);
    const other = (await root.register(ROTATE)).body.worker_id;
    expect(await heardAtJoin(ROTATE, other)).toEqual([available(id)]);
    await socket.leaveJob(ROTATE, workerId);
    expect(await heardAtJoin()).toEqual([available(id)]);
  });

  it('is told nothing while the gate of the job is closed, also when that has to be learned first', async () => {
    await submit();
    const gates = server.app.get(ClaimGates);
    gates.learnWith(() => Promise.resolve(gates.set(new Set([ROTATE]))));
    expect(await heardAtJoin()).toEqual([]);
    const id = await submit(SCALE);
    expect(await heardAtJoin(SCALE)).toEqual([available(id, SCALE)]);
  });

  it('is told nothing of a job that the servers run themselves', async () => {
    const internal = '@internal:modifiers:Count';
    await root.register(internal, { workerId });
    const looks = jest.spyOn(server.app.get(ClaimStore), 'oldestPending');
    expect(await heardAtJoin(internal)).toEqual([]);
    expect(looks).not.toHaveBeenCalled();
  });

  it('has joined all the same when the look or the telling fails', async () => {
    await submit();
    jest.spyOn(server.app.get(ClaimStore), 'oldestPending').mockRejectedValueOnce(new Error('the look failed'));
    expect(await heardAtJoin()).toEqual([]);
    await socket.leaveJob(ROTATE, workerId);
    jest.spyOn(server.app.get<EventPublisher>(EVENT_PUBLISHER), 'publish').mockRejectedValueOnce(new Error('nobody carries it'));
    expect(await heardAtJoin()).toEqual([]);
    const id = await submit();
    expect(await socket.settled()).toEqual([available(id)]);
  });

  it('that is refused is told nothing', async () => {
    await submit();
    const eve = await SocketClient.connect(server.origin, 'eve');
    expect(await eve.joinJob(ROTATE, workerId)).toMatchObject({ status: 403 });
    expect(await eve.settled()).toEqual([]);
  });

  it('hears of every task that comes while it joins', async () => {
    for (let round = 0; round < 20; round += 1) {
      const [id] = await Promise.all([submit(), socket.joinJob(ROTATE, workerId)]);
      const told = (await socket.payloadsOf('task_available')).map(({ task_id }) => task_id);
      expect(told).toContain(id);
      await root.claim(workerId);
      await socket.leaveJob(ROTATE, workerId);
    }
  });
});
