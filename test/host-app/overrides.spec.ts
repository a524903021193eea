import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as library from '@joblib/nestjs';

import { DRAW, Studio, tokenOf } from './studio.js';
import type { Member } from './studio.js';

const THUMBNAIL = '@internal:drawings:Thumbnail';

let studio: Studio;
let ada: Member;
let director: Member;

interface Overview {
  readonly time: number;
  readonly sessions: { readonly transactions: number; readonly reads: number };
  readonly wakeUps: number;
  readonly intervals: number;
  readonly forgottenRooms: readonly string[];
}

async function overview(): Promise<Overview> {
  return (await ada.call('get', '/studio/operations').expect(200)).body as Overview;
}

beforeAll(async () => {
  studio = await Studio.open();
  [ada, director] = await Promise.all([studio.member('ada'), studio.member('dora', 'director')]);
  await director.register(DRAW).expect(201);
});

afterAll(() => studio.close());

describe('the host application', () => {
  it('overrides every token that there is', () => {
    const tokens = Object.entries(library).flatMap(([name, value]) => (typeof value === 'symbol' ? [name] : []));
    const source = readFileSync(join(studio.host.folder, 'src/joblib.ts'), 'utf8');
    const overridden = [...source.matchAll(/provide: ([A-Z_]+),/g)].map(([, name]) => name);
    expect(tokens.length).toBeGreaterThan(8);
    expect(overridden.sort()).toEqual(tokens.sort());
  });
});

describe('IDENTITY', () => {
  it('knows people by the host’s own tokens', async () => {
    expect((await ada.call('get', '/v1/me').expect(200)).body).toEqual({ id: 'ada', is_superuser: false });
    expect((await director.call('get', '/v1/me').expect(200)).body).toEqual({ id: 'dora', is_superuser: true });
  });

  it('refuses tokens as others write them', async () => {
    const foreign = await Promise.all([
      tokenOf({ sub: 'eve', is_superuser: true }),
      tokenOf({ member: 'eve', role: 'director' }, 'elsewhere'),
      Promise.resolve('nonsense'),
    ]);
    for (const token of [...foreign, null]) {
      const { body, headers } = await studio.withToken(token).call('get', '/v1/me').expect(401);
      expect(body).toMatchObject({ type: '/v1/problems/unauthorized', detail: 'Send a token of the studio.' });
      expect(headers['www-authenticate']).toBe('Bearer');
    }
  });
});

describe('ROOM_GUARD', () => {
  it('locks a room for all but superusers', async () => {
    await ada.call('put', '/studio/rooms/vault', { isLocked: true }).expect(200);
    const { body } = await ada.submit('vault', DRAW).expect(423);
    expect(body).toMatchObject({ type: '/v1/problems/room-locked', detail: "Room 'vault' is locked." });
    await ada.register('vault:drawings:Own').expect(423);
    await director.submit('vault', DRAW).expect(202);
    expect((await ada.call('get', '/v1/joblib/rooms/vault/tasks').expect(200)).body).toMatchObject({ total: 1 });
  });

  it('locks it for the host’s own code too', async () => {
    await ada.call('put', '/studio/rooms/vault', { isLocked: true }).expect(200);
    expect((await ada.order('vault', 'a key').expect(423)).body).toEqual({ studio: "Room 'vault' is locked." });
    const { body } = await ada.call('get', '/studio/orders').expect(200);
    expect(body).not.toContainEqual(expect.objectContaining({ wish: 'a key' }));
  });
});

describe('ROOM_READ_GUARD', () => {
  it('lets only its owner look into a private room', async () => {
    await ada.call('put', '/studio/rooms/den', { owner: 'ada' }).expect(200);
    const bob = await studio.member('bob');
    const task = (await ada.submit('den', DRAW).expect(202)).body as { id: string };
    for (const path of ['/v1/joblib/rooms/den/tasks', '/v1/joblib/rooms/den/jobs', `/v1/joblib/tasks/${task.id}`]) {
      await ada.call('get', path).expect(200);
      expect((await bob.call('get', path).expect(403)).body).toMatchObject({ detail: "Room 'den' is private." });
    }
    expect((await bob.call('get', `/studio/orders/tasks/${task.id}`).expect(403)).body).toEqual({ studio: "Room 'den' is private." });
  });
});

describe('SESSION_MAKER', () => {
  it('is the way that our reads and writes take', async () => {
    const before = await overview();
    await ada.call('post', '/v1/joblib/workers').expect(201);
    await ada.call('get', '/v1/joblib/workers').expect(200);
    const { sessions } = await overview();
    expect(sessions.transactions).toBeGreaterThan(before.sessions.transactions);
    expect(sessions.reads).toBeGreaterThan(before.sessions.reads);
  });
});

describe('EVENT_PUBLISHER', () => {
  it('hears of a task after it was made', async () => {
    const task = (await ada.submit('lab', DRAW).expect(202)).body as { id: string };
    const { body } = await ada.call('get', '/studio/operations/events').expect(200);
    expect(body).toContainEqual({
      name: 'task_available',
      room: `jobs:${DRAW}`,
      payload: { job_name: DRAW, room_id: 'lab', task_id: task.id },
    });
  });
});

describe('WAKE_UPS', () => {
  it('wakes who waits for the end of a task', async () => {
    const { id } = (await ada.submit('attic', DRAW).expect(202)).body as { id: string };
    const before = await overview();
    const path = `/v1/joblib/tasks/${id}`;
    const ended = ada.call('get', path, undefined, { prefer: 'wait=60' }).expect(200);
    const [{ body }] = await Promise.all([ended, ada.call('patch', path, { status: 'cancelled' }).expect(200)]);
    expect(body).toMatchObject({ status: 'cancelled' });
    expect((await overview()).wakeUps).toBeGreaterThan(before.wakeUps);
  });
});

describe('JOBLIB_SETTINGS', () => {
  it('win over the environment', async () => {
    expect((await ada.register('lab:modifiers:Bend').expect(400)).body).toMatchObject({ type: '/v1/problems/invalid-category' });
    await ada.register('lab:drawings:Bend').expect(201);
  });
});

describe('INTERNAL_REGISTRY', () => {
  it('runs a job inside the host', async () => {
    const task = (await ada.submit('lab', THUMBNAIL, { title: 'sun' }).expect(202)).body as { id: string };
    const { body } = await ada.call('get', `/v1/joblib/tasks/${task.id}`, undefined, { prefer: 'wait=60' }).expect(200);
    expect(body).toMatchObject({ status: 'completed', result: { thumbnail: 'sun.png' } });
  });

  it('has the schema that its payloads are held to', async () => {
    expect((await ada.submit('lab', THUMBNAIL).expect(422)).body).toMatchObject({ type: '/v1/problems/payload-invalid' });
  });
});

describe('RESULT_BACKEND', () => {
  const results = (): string[] => {
    const folder = join(studio.host.folder, 'results');
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  };

  it('keeps what the host’s own provider answers', async () => {
    const path = '/v1/joblib/rooms/lab/providers/@internal:pictures:Palette?hue=red';
    const answer = { colours: ['light red', 'dark red'] };
    expect((await ada.call('get', path, undefined, { prefer: 'wait=20' }).expect(200)).body).toEqual(answer);
    expect(results().filter((bytes) => bytes.includes(JSON.stringify(answer)))).toHaveLength(1);
    expect((await ada.call('get', path).expect(200)).body).toEqual(answer);
  });

  it('hands what a provider uploads to whoever waits for it', async () => {
    const { body: provider } = await ada.call('put', '/v1/joblib/rooms/lab/providers', { category: 'pictures', name: 'Wall' }).expect(201);
    const path = '/v1/joblib/rooms/lab/providers/lab:pictures:Wall';
    const { body: pending } = await ada.call('get', path).expect(202);
    const held = ada.call('get', path, undefined, { prefer: 'wait=20' }).expect(200);
    const answered = held.then(({ body }) => body as object);
    const upload = { request_hash: (pending as { request_hash: string }).request_hash, data: { frames: 3 } };
    await ada.call('post', `/v1/joblib/providers/${(provider as { id: string }).id}/results`, upload).expect(204);
    expect(await answered).toEqual({ frames: 3 });
  });
});

describe('PROVIDER_ROOM_CLEANUP', () => {
  it('is told which room lost a provider', async () => {
    const { body } = await ada.call('put', '/v1/joblib/rooms/gallery/providers', { category: 'pictures', name: 'Wall' }).expect(201);
    expect((await overview()).forgottenRooms).not.toContain('gallery');
    await ada.call('delete', `/v1/joblib/providers/${(body as { id: string }).id}`).expect(204);
    expect((await overview()).forgottenRooms).toContain('gallery');
  });
});

describe('CLOCK', () => {
  it('says when a task was made, and which worker was silent for too long', async () => {
    const worker = (await ada.call('post', '/v1/joblib/workers').expect(201)).body as { id: string };
    await ada.call('post', '/studio/operations/clock', { seconds: 3600 }).expect(204);
    const { time } = await overview();
    expect(time).toBeGreaterThan(Date.now() + 3_000_000);
    const task = (await ada.submit('lab', DRAW).expect(202)).body as { created_at: string };
    expect(Date.parse(task.created_at)).toBeGreaterThanOrEqual(time);
    expect((await ada.call('post', '/studio/operations/sweep').expect(201)).body).toMatchObject({ workers: expect.any(Number) });
    await ada.call('patch', `/v1/joblib/workers/${worker.id}`).expect(404);
  });
});
