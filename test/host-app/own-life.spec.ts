import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Socket } from 'socket.io-client';

import { DRAW, Studio, nextOf } from './studio.js';
import type { Member } from './studio.js';

let studio: Studio;
let ada: Member;
let artist: Member;
let workerId: string;

interface Ordered {
  readonly id: string;
  readonly status: string;
}

beforeAll(async () => {
  studio = await Studio.open();
  [ada, artist] = await Promise.all([studio.member('ada'), studio.member('artist', 'director')]);
  workerId = ((await artist.register(DRAW).expect(201)).body as { worker_id: string }).worker_id;
});

afterAll(() => studio.close());

async function orderOf(wish: string): Promise<Ordered> {
  return (await ada.order('lab', wish).expect(201)).body as Ordered;
}

/** How many tasks and orders of a room there are; the studio's table and ours. */
async function countsOf(room: string): Promise<{ tasks: number; orders: number }> {
  const tasks = (await ada.call('get', `/v1/joblib/rooms/${room}/tasks?limit=0`).expect(200)).body as { total: number };
  const orders = (await ada.call('get', '/studio/orders').expect(200)).body as { roomId: string }[];
  return { tasks: tasks.total, orders: orders.filter(({ roomId }) => roomId === room).length };
}

describe('an order and its task', () => {
  it('are made in one transaction', async () => {
    const { id } = await orderOf('a house');
    const { body } = await ada.call('get', '/studio/orders').expect(200);
    expect(body).toContainEqual({ id: expect.any(String), roomId: 'lab', wish: 'a house', taskId: id });
  });

  it('are rolled back together when the host’s own table refuses, and nobody hears of it', async () => {
    await ada.order('twice', 'a tree').expect(201);
    expect((await ada.order('twice', 'a tree').expect(409)).body).toEqual({ studio: "'a tree' was ordered already." });
    expect(await countsOf('twice')).toEqual({ tasks: 1, orders: 1 });
    const { body: events } = await ada.call('get', '/studio/operations/events').expect(200);
    const told = (events as { name: string; payload: { room_id?: string } }[]).filter(({ payload }) => payload.room_id === 'twice');
    expect(told.map(({ name }) => name).sort()).toEqual(['task_available', 'task_status_event']);
  });

  it('do not take others down with them that were asked for at once', async () => {
    const wishes = ['sun', 'moon', 'sun', 'star', 'moon', 'comet', 'sun'];
    const answers = await Promise.all(wishes.map((wish) => ada.order('sky', wish)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 409, 409, 409]);
    expect(await countsOf('sky')).toEqual({ tasks: 4, orders: 4 });
  });

  it('are refused together when the task is', async () => {
    await ada.call('put', '/studio/rooms/vault', { isLocked: true }).expect(200);
    await ada.order('vault', 'a key').expect(423);
    expect(await countsOf('vault')).toEqual({ tasks: 0, orders: 0 });
  });

  it('are there after a restart', async () => {
    const { id } = await orderOf('a bridge');
    expect(await studio.restart()).not.toMatch(/WARN|ERROR/);
    [ada, artist] = await Promise.all([studio.member('ada'), studio.member('artist', 'director')]);
    expect((await ada.call('get', `/v1/joblib/tasks/${id}`).expect(200)).body).toMatchObject({ status: 'pending' });
    expect((await ada.call('get', '/studio/orders').expect(200)).body).toContainEqual(expect.objectContaining({ taskId: id }));
  });
});

describe('JoblibTasks in the host’s own routes', () => {
  beforeAll(async () => {
    // What other tests ordered is nobody's wish here.
    while (((await artist.call('post', '/studio/orders/next').expect(201)).body as Ordered[]).length > 0);
  });

  it('submit, claim, report and wait for a task', async () => {
    const { id } = await orderOf('a boat');
    const end = ada.call('get', `/studio/orders/tasks/${id}/end`).expect(200);
    const [{ body: ended }] = await Promise.all([
      end,
      (async () => {
        expect((await artist.call('post', '/studio/orders/next').expect(201)).body).toMatchObject([{ id, payload: { wish: 'a boat' } }]);
        await artist.call('put', `/studio/orders/tasks/${id}/drawing`, { drawing: '⛵' }).expect(200);
      })(),
    ]);
    expect(ended).toMatchObject({ id, status: 'completed', result: { drawing: '⛵' }, attempt: 1 });
    expect((await ada.call('get', `/v1/joblib/tasks/${id}`).expect(200)).body).toMatchObject({ status: 'completed' });
  });

  it('cancel a task', async () => {
    const { id } = await orderOf('a plane');
    const { body } = await ada.call('delete', `/studio/orders/tasks/${id}`).expect(200);
    expect(body).toMatchObject({ status: 'cancelled', error: 'Not wanted any more.' });
    expect((await ada.call('get', `/studio/orders/tasks/${id}`).expect(200)).body).toMatchObject({ status: 'cancelled' });
    expect((await artist.call('post', '/studio/orders/next').expect(201)).body).toEqual([]);
  });

  it('refuse by the same rules, in the host’s words', async () => {
    const { id } = await orderOf('a train');
    const eve = await studio.member('eve');
    expect((await eve.call('delete', `/studio/orders/tasks/${id}`).expect(403)).body).toEqual({ studio: expect.any(String) });
    await artist.call('put', `/studio/orders/tasks/${id}/drawing`, { drawing: 'too early' }).expect(409);
  });
});

describe('what is the host’s own', () => {
  it('keeps its prefix and its errors, beside ours', async () => {
    expect((await ada.call('get', '/studio/nothing').expect(404)).body).toEqual({ studio: 'Cannot GET /studio/nothing' });
    expect((await ada.call('get', '/nothing').expect(404)).body).toEqual({ studio: 'Cannot GET /nothing' });
    expect((await ada.call('get', '/rooms/lab').expect(404)).body).toEqual({ studio: 'Cannot GET /rooms/lab' });
    const { body, type } = await ada.call('get', '/v1/joblib/nothing').expect(404);
    expect(type).toBe('application/problem+json');
    expect(body).toMatchObject({ type: '/v1/problems/not-found' });
  });

  it('keeps its answers to bad input', async () => {
    expect((await ada.call('get', '/studio/rooms/unknown').expect(404)).body).toEqual({ studio: "We have no room 'unknown'." });
    expect((await ada.call('get', '/studio/orders/tasks/5').expect(400)).body).toEqual({ studio: expect.stringContaining('uuid') });
    await ada.call('put', '/studio/rooms/lab', { isLocked: 'perhaps' }).expect(400);
    expect((await ada.call('put', '/studio/rooms/a:b').expect(400)).body).toEqual({
      studio: expect.stringContaining('invalid characters'),
    });
  });

  it('keeps its pipe to itself', async () => {
    expect((await ada.call('put', '/studio/rooms/hall', { owner: '  ada ' }).expect(200)).body).toMatchObject({ owner: 'ada' });
    const task = (await ada.submit('%20hall%20', DRAW, { wish: '  spaces ' }).expect(202)).body as object;
    expect(task).toMatchObject({ room_id: ' hall ', payload: { wish: '  spaces ' } });
  });

  it('keeps its scheduler to itself', async () => {
    expect((await ada.call('get', '/studio/operations').expect(200)).body).toMatchObject({ intervals: 1 });
  });

  it('cleans a worker up when it wants to', async () => {
    const worker = (await ada.call('post', '/v1/joblib/workers').expect(201)).body as { id: string };
    const path = `/studio/operations/workers/${worker.id}`;
    expect((await ada.call('delete', path).expect(200)).body).toEqual({ isDismissed: true });
    expect((await ada.call('delete', path).expect(200)).body).toEqual({ isDismissed: false });
    await ada.call('patch', `/v1/joblib/workers/${worker.id}`).expect(404);
  });
});

describe('the host’s own Socket.IO server', () => {
  const sockets: Socket[] = [];

  const connected = async (member: Member): Promise<Socket> => {
    const socket = await member.connect();
    sockets.push(socket);
    return socket;
  };

  const ask = (socket: Socket, event: string, payload: object): Promise<unknown> => socket.timeout(60_000).emitWithAck(event, payload);

  afterAll(() => sockets.forEach((socket) => socket.close()));

  it('lets in by the same identity', async () => {
    await expect(studio.withToken('nonsense').connect()).rejects.toThrow('Send a token of the studio.');
  });

  it('carries the host’s events and ours', async () => {
    const [listener, shouter] = [await connected(ada), await connected(await studio.member('bob'))];
    expect(await ask(listener, 'room_join', { room_id: 'lab' })).toEqual({ status: 'ok' });
    const heard = Promise.all([nextOf(listener, 'shouted'), nextOf(listener, 'task_status_event')]);
    shouter.emit('shout', 'hello');
    const { id } = await orderOf('a cloud');
    const [shouted, told] = await heard;
    expect(shouted).toEqual({ from: 'bob', words: 'hello' });
    expect(told).toMatchObject({ id, room_id: 'lab', status: 'pending' });
  });

  it('asks the read guard before a socket joins', async () => {
    await ada.call('put', '/studio/rooms/den', { owner: 'ada' }).expect(200);
    const stranger = await connected(await studio.member('eve'));
    expect(await ask(stranger, 'room_join', { room_id: 'den' })).toMatchObject({ status: 403, detail: "Room 'den' is private." });
    expect(await ask(await connected(ada), 'room_join', { room_id: 'den' })).toEqual({ status: 'ok' });
  });

  it('carries reads to providers', async () => {
    const socket = await connected(ada);
    const { body: provider } = await ada.call('put', '/v1/joblib/rooms/lab/providers', { category: 'pictures', name: 'Wall' }).expect(201);
    const { full_name, worker_id } = provider as { full_name: string; worker_id: string };
    expect(await ask(socket, 'join_provider_room', { provider_name: full_name, worker_id })).toEqual({ status: 'ok' });
    const asked = nextOf(socket, 'provider_request');
    await ada.call('get', `/v1/joblib/rooms/lab/providers/${full_name}?hue=red`).expect(202);
    expect(await asked).toMatchObject({ provider_name: full_name, params: '{"hue":"red"}' });
  });

  it('has a worker cleaned up whose last socket is gone', async () => {
    const watcher = await connected(ada);
    await ask(watcher, 'room_join', { room_id: 'lab' });
    const socket = await connected(artist);
    expect(await ask(socket, 'join_job_room', { job_name: DRAW, worker_id: workerId })).toEqual({ status: 'ok' });
    const { id } = await orderOf('a river');
    const failed = new Promise((resolve) => {
      watcher.on('task_status_event', (event: { id: string; status: string; error: string }) => {
        if (event.id === id && event.status === 'failed') resolve(event.error);
      });
    });
    for (let claimed: Ordered[] = []; !claimed.some((task) => task.id === id);) {
      claimed = (await artist.call('post', '/studio/orders/next').expect(201)).body as Ordered[];
    }
    socket.close();
    expect(await failed).toBe('Worker disconnected');
    await artist.call('patch', `/v1/joblib/workers/${workerId}`).expect(404);
  });
});
