import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JoinRooms } from '@joblib/nestjs';
import type { Caller } from '@joblib/nestjs';

import { JoblibUser } from '../support/joblib-user.js';
import { startGateway } from './gateway-app.js';
import type { GatewayApp } from './gateway-app.js';
import { until } from './socket-client.js';

const ROTATE = '@global:modifiers:Rotate';
const root: Caller = { id: 'root', isSuperuser: true };

/** What a host's own server hands over. */
class HostSocket {
  static count = 0;
  readonly id = `socket-${(HostSocket.count += 1)}`;
  readonly rooms = new Set<string>();
  connected = true;

  join(rooms: string[]): void {
    for (const room of rooms) this.rooms.add(room);
  }

  leave(room: string): void {
    this.rooms.delete(room);
  }
}

describe('JoinRooms with sockets of a host', () => {
  let server: GatewayApp;
  let joinRooms: JoinRooms;
  let workerId: string;
  const socketsElsewhere = jest.fn<(room: string) => Promise<readonly unknown[]>>();

  const joined = async (): Promise<HostSocket> => {
    const socket = new HostSocket();
    await joinRooms.joinJob(socket, root, { job_name: ROTATE, worker_id: workerId });
    return socket;
  };

  const drop = (socket: HostSocket, reason?: string): void => {
    socket.connected = false;
    joinRooms.disconnect(socket, reason);
  };

  const isThere = async (): Promise<boolean> => (await new JoblibUser(server.origin, 'root').heartbeat(workerId)).status === 200;

  beforeEach(async () => {
    server = await startGateway();
    joinRooms = server.app.get(JoinRooms, { strict: false });
    socketsElsewhere.mockReset().mockResolvedValue([]);
    joinRooms.attach({ in: (room) => ({ fetchSockets: () => socketsElsewhere(room) }) });
    workerId = (await new JoblibUser(server.origin, 'root').register(ROTATE)).body.worker_id;
  });

  afterEach(() => server.close());

  it('puts a socket into the rooms that events are sent to', async () => {
    const socket = await joined();
    expect([...socket.rooms]).toEqual([`jobs:${ROTATE}`, `worker:${workerId}`]);
    await joinRooms.joinRoom(socket, root, { room_id: 'lab' });
    await joinRooms.leaveJob(socket, { job_name: ROTATE, worker_id: workerId.toUpperCase() });
    expect([...socket.rooms]).toEqual(['room:lab', 'room:*']);
    await joinRooms.leaveRoom(socket, { room_id: 'lab' });
    expect([...socket.rooms]).toEqual([]);
  });

  it('refuses with problems, and joins nothing then', async () => {
    const socket = new HostSocket();
    await expect(
      joinRooms.joinJob(socket, { id: 'eve', isSuperuser: true }, { job_name: ROTATE, worker_id: workerId }),
    ).rejects.toMatchObject({ problem: 'Forbidden' });
    await expect(joinRooms.joinRoom(socket, root, null)).rejects.toMatchObject({ problem: 'ValidationError' });
    expect([...socket.rooms]).toEqual([]);
  });

  it('cleans a worker up whose last socket dropped', async () => {
    drop(await joined());
    await until(async () => !(await isThere()));
    expect(socketsElsewhere).toHaveBeenCalledWith(`worker:${workerId}`);
  });

  it('lets a worker live that has a socket on another server', async () => {
    socketsElsewhere.mockResolvedValue([{ id: 'on another server' }]);
    drop(await joined());
    await until(() => socketsElsewhere.mock.results.length === 1);
    await socketsElsewhere.mock.results[0]?.value;
    expect(await isThere()).toBe(true);
    expect(server.cleanUps).not.toHaveBeenCalled();
  });

  it('leaves a worker to the sweeper when other servers do not answer', async () => {
    socketsElsewhere.mockRejectedValue(new Error('timeout reached while waiting for fetchSockets response'));
    drop(await joined());
    await until(() => socketsElsewhere.mock.results.length === 1);
    expect(await isThere()).toBe(true);
    expect(server.cleanUps).not.toHaveBeenCalled();
  });

  it('lets a worker live that joins again here while other servers are asked', async () => {
    let answer: (sockets: readonly unknown[]) => void = () => undefined;
    const answered = new Promise<readonly unknown[]>((resolve) => (answer = resolve));
    socketsElsewhere.mockReturnValue(answered);
    drop(await joined());
    await joined();
    answer([]);
    await answered;
    expect(await isThere()).toBe(true);
    expect(server.cleanUps).not.toHaveBeenCalled();
  });

  it('starts no clean-up for sockets that a host closes because it stops', async () => {
    drop(await joined(), 'server shutting down');
    expect(await isThere()).toBe(true);
    expect(socketsElsewhere).not.toHaveBeenCalled();
  });

  it('lets a socket that is gone before its join is done stand for nobody', async () => {
    const ghost = new HostSocket();
    const joining = joinRooms.joinJob(ghost, root, { job_name: ROTATE, worker_id: workerId });
    const watching = joinRooms.joinRoom(ghost, root, { room_id: 'lab' });
    drop(ghost);
    await Promise.all([joining, watching]);
    expect([...ghost.rooms]).toEqual([]);
    // Were it remembered as a socket of the worker, this one would not be the last.
    drop(await joined());
    await until(async () => !(await isThere()));
  });
});
