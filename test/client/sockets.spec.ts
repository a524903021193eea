import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { RoomNews } from '@joblib/client';
import { FakeClock, quiet } from '@joblib/client/testing';

import { SocketLink } from '../../libs/client/src/sockets/socket-link.js';
import { DOUBLE, Double, Log, aScene, clearScenes } from './scene.js';

afterEach(clearScenes);

class Files {
  static readonly category = 'files';
  read(): null {
    return null;
  }
}

describe('the socket of a worker', () => {
  it('is in the rooms of its jobs and providers, and again after each reconnection', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    await manager.registerProvider(Files, { name: 'local', handler: null });
    const rooms = { [`jobs:${DOUBLE}`]: 1, 'providers:@global:files:local': 1 };
    expect(server.occupancy()).toEqual(rooms);
    server.goDown();
    expect(server.occupancy()).toEqual({});
    server.comeBack();
    await quiet();
    expect(server.occupancy()).toEqual(rooms);
  });

  it('does not come back to a provider that was unregistered while it was away', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    await manager.registerProvider(Files, { name: 'local', handler: null });
    server.dropSockets();
    await manager.unregisterProvider('@global:files:local');
    server.comeBack();
    await quiet();
    expect(server.occupancy()).toEqual({ [`jobs:${DOUBLE}`]: 1 });
  });

  it('is not waited for longer than some seconds: claims do without it', async () => {
    const { clock, server, manager } = aScene();
    const socket = server.openSocket();
    socket.disconnect();
    const other = aScene({ ...server.connection(), socket });
    const registered = other.manager.register(Double);
    await clock.advance(5);
    await registered;
    void other.manager.serve();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    expect(await server.ended(id)).toMatchObject({ status: 'completed' });
    await manager.disconnect();
  });

  it('of the host’s is left open at the end', async () => {
    const { server } = aScene();
    const socket = server.openSocket();
    const { manager } = aScene({ ...server.connection(), socket });
    await manager.register(Double);
    await manager.disconnect();
    expect(socket.connected).toBe(true);
    expect(server.occupancy()).toEqual({});
  });

  it('says which room it was refused, and goes on', async () => {
    const { server, manager, log } = aScene();
    await manager.register(Double);
    server.sweep(manager.workerId ?? '');
    server.dropSockets();
    server.comeBack();
    await quiet();
    expect(log.lines.some((line) => line.startsWith('warn join_job_room') && line.endsWith('was refused: Not your worker.'))).toBe(true);
  });
});

describe('a socket of our own', () => {
  function aLink() {
    const { server } = aScene();
    const clock = new FakeClock();
    const socket = server.openSocket();
    const onRefused = jest.fn(() => Promise.resolve());
    const log = new Log();
    const link = new SocketLink({ open: () => socket, isOwned: true, onRefused, onDropped: () => undefined, clock, logger: log });
    return { server, clock, socket, link, onRefused, log };
  }

  const ROOM = { join: 'room_join', leave: 'room_leave', payload: { room_id: 'lab' } };

  it('is closed with the last room', async () => {
    const { link, socket } = aLink();
    await Promise.all([link.join(ROOM), link.join(ROOM)]);
    link.leave(ROOM);
    expect(socket.connected).toBe(true);
    link.leave(ROOM);
    link.leave(ROOM);
    expect(socket.connected).toBe(false);
  });

  it('that was refused asks for another token, and tries again later', async () => {
    const { link, socket, onRefused, clock, server } = aLink();
    socket.disconnect();
    const joined = link.join(ROOM);
    socket.deliver('connect_error', new Error('This token is too old.'));
    await clock.advance(2);
    await joined;
    expect(onRefused).toHaveBeenCalledTimes(1);
    expect(server.occupancy()).toEqual({ 'room:lab': 1 });
  });

  it('that the server closed comes back', async () => {
    const { link, socket, clock, server } = aLink();
    await link.join(ROOM);
    socket.active = false;
    socket.lose('io server disconnect');
    expect(link.isDown).toBe(true);
    await clock.advance(2);
    expect(server.occupancy()).toEqual({ 'room:lab': 1 });
    expect(link.isDown).toBe(false);
  });

  it('that was left does not come back', async () => {
    const { link, socket, clock } = aLink();
    await link.join(ROOM);
    socket.active = false;
    socket.lose('io server disconnect');
    link.leave(ROOM);
    await clock.advance(60);
    expect(socket.connected).toBe(false);
  });
});

describe('follow', () => {
  it('hears what happens in the room and in no other, and joins again', async () => {
    const { server, manager } = aScene();
    const { manager: person } = aScene(server.connection());
    await manager.register(Double, { room: 'lab' });
    await manager.register(Double);
    const news: RoomNews[] = [];
    let joins = 0;
    const stop = await person.follow('lab', { onNews: (each) => news.push(each), onJoined: () => (joins += 1) });
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    server.submit('elsewhere', DOUBLE, { n: 1 });
    await quiet();
    expect(news).toMatchObject([{ name: 'task_status_event', payload: { id, status: 'pending' } }]);
    server.goDown();
    server.comeBack();
    await quiet();
    expect(joins).toBe(2);
    server.cancel(id);
    await quiet();
    expect(news.at(-1)).toMatchObject({ payload: { status: 'cancelled' } });
    stop();
    stop();
    const heard = news.length;
    server.submit('lab', DOUBLE, { n: 1 });
    await quiet();
    expect(news).toHaveLength(heard);
    expect(server.occupancy()['room:lab']).toBeUndefined();
  });

  it('ends with its signal and with its manager', async () => {
    const { server, manager } = aScene();
    const stopping = new AbortController();
    await manager.follow('lab', { onNews: () => undefined, signal: stopping.signal });
    await manager.follow('lab', { onNews: () => undefined });
    expect(server.occupancy()).toEqual({ 'room:lab': 1 });
    stopping.abort();
    await quiet();
    expect(server.occupancy()).toEqual({ 'room:lab': 1 });
    await manager.disconnect();
    await quiet();
    expect(server.occupancy()).toEqual({});
  });

  it('needs a socket', async () => {
    const { manager } = aScene({ socket: false });
    await expect(manager.follow('lab', { onNews: () => undefined })).rejects.toThrow('Events come over a socket');
  });
});
