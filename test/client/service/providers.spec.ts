import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ProblemError, defineExtension } from '@joblib/client';
import { io } from 'socket.io-client';

import { JoblibService } from './joblib-service.js';

let service: JoblibService;

beforeAll(async () => {
  service = await JoblibService.start({
    ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: '0',
    ZNDRAW_JOBLIB_PROVIDER_RESULT_MAX_BYTES: '100000',
  });
});
afterEach(() => service.tidy());
afterAll(() => service.close());

/** Counts how often it was asked. */
class Texts {
  static readonly category = 'texts';
  static readonly schema = {
    type: 'object',
    properties: { path: { type: 'string' }, times: { type: 'integer', default: 1 } },
    required: ['path'],
  } as const;

  readonly path: string = '';

  read(texts: Map<string, string>, { times }: { readonly times: number }): unknown {
    texts.set('asked', String(Number(texts.get('asked') ?? 0) + 1));
    const text = texts.get(this.path);
    if (text === undefined) throw new Error(`There is no '${this.path}'.`);
    if (text === 'locked') throw new ProblemError('RoomLocked', 'Nobody reads this now.');
    return { text: text.repeat(times) };
  }
}

class Pixels {
  static readonly category = 'images';
  static readonly contentType = 'image/x-raw';

  async read(pixels: Uint8Array): Promise<Uint8Array> {
    return pixels;
  }
}

const TEXTS = 'lab:texts:local';
const WAIT = { waitSeconds: 20 };

async function withTexts() {
  const provider = service.manager();
  const reader = service.manager({ token: service.user });
  const texts = new Map([
    ['a.txt', 'water'],
    ['ü & ö.txt', 'Ärger'],
    ['locked.txt', 'locked'],
    ['large.txt', 'x'.repeat(200_000)],
  ]);
  const registered = await provider.registerProvider(Texts, { name: 'local', handler: texts, room: 'lab' });
  const read = async (params: Record<string, string>): Promise<unknown> => {
    const { bytes } = await reader.api.readProvider('lab', TEXTS, params, WAIT);
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  return { provider, reader, texts, registered, read };
}

describe('a provider on the real service', () => {
  it('answers with JSON, is asked once for what is read twice, and gets its parameters converted', async () => {
    const { read, texts, registered, provider } = await withTexts();
    expect(registered).toMatchObject({
      full_name: TEXTS,
      content_type: 'application/json',
      worker_id: provider.workerId,
      schema: Texts.schema,
    });
    expect(await read({ path: 'a.txt', times: '2' })).toEqual({ text: 'waterwater' });
    expect(await read({ times: '2', path: 'a.txt' })).toEqual({ text: 'waterwater' });
    expect(await read({ path: 'ü & ö.txt' })).toEqual({ text: 'Ärger' });
    expect(texts.get('asked')).toBe('2');
  });

  it('answers many different reads at the same time', async () => {
    const { read } = await withTexts();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => read({ path: 'a.txt', times: String(index + 1) })));
    expect(answers).toEqual(Array.from({ length: 10 }, (_, index) => ({ text: 'water'.repeat(index + 1) })));
  });

  it('answers with bytes as they are', async () => {
    const provider = service.manager();
    const pixels = Uint8Array.from({ length: 256 }, (_, index) => index);
    await provider.registerProvider(Pixels, { name: 'all', handler: pixels, room: 'lab' });
    const answer = await provider.api.readProvider('lab', 'lab:images:all', {}, WAIT);
    expect(answer).toMatchObject({ isPending: false, contentType: 'image/x-raw' });
    expect(new Uint8Array(answer.bytes)).toEqual(pixels);
  });

  it('tells the reader at once what it threw, and what is wrong with the parameters', async () => {
    const { read } = await withTexts();
    await expect(read({ path: 'none.txt' })).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/was answered with 500 Provider read failed: There is no 'none.txt'\.$/),
    });
    await expect(read({ path: 'locked.txt' })).rejects.toMatchObject({ problem: 'RoomLocked', message: 'Nobody reads this now.' });
    await expect(read({ times: '1.5' })).rejects.toMatchObject({
      problem: 'PayloadInvalid',
      errors: [{ pointer: '/path' }, { pointer: '/times' }],
    });
  });

  it('tells the reader that the server would not take its result', async () => {
    const { read } = await withTexts();
    await expect(read({ path: 'large.txt' })).rejects.toMatchObject({ problem: 'PayloadTooLarge' });
  });

  it('is pending for those who do not wait', async () => {
    const { reader, read } = await withTexts();
    expect(await reader.api.readProvider('lab', TEXTS, { path: 'a.txt', times: '3' })).toMatchObject({ isPending: true });
    expect(await read({ path: 'a.txt', times: '3' })).toEqual({ text: 'waterwaterwater' });
  });

  it('goes when it is unregistered, and with its manager', async () => {
    const { provider, reader, read } = await withTexts();
    await provider.registerProvider(Pixels, { name: 'all', handler: new Uint8Array(1), room: 'lab' });
    expect(await reader.api.listProviders('lab')).toMatchObject({ total: 2 });
    await provider.unregisterProvider(TEXTS);
    await expect(read({ path: 'a.txt' })).rejects.toMatchObject({ problem: 'ProviderNotFound' });
    expect([...provider.handlers.keys()]).toEqual(['lab:images:all']);
    await provider.disconnect();
    expect(await reader.api.listProviders('lab')).toMatchObject({ total: 0 });
  });

  it('is there for the extensions of its worker', async () => {
    const { provider, texts } = await withTexts();
    const Shout = defineExtension({
      name: 'Shout',
      run: ({ handlers }) => [...handlers].map(([fullName, handler]) => [fullName, handler === texts]),
    });
    await provider.register(Shout, { room: 'lab' });
    void provider.serve();
    const task = await provider.submit(Shout, {}, { room: 'lab', jobRoom: 'lab' });
    expect((await provider.waitFor(task.id)).result).toEqual([[TEXTS, true]]);
  });

  it('answers again after a restart of the server', async () => {
    const socket = io(service.url, {
      auth: { token: service.superuser },
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 100,
    });
    const provider = service.manager({ socket });
    await provider.registerProvider(Texts, { name: 'local', handler: new Map([['a.txt', 'ice']]), room: 'lab' });
    const back = (): Promise<void> => new Promise((resolve) => socket.once('connect', resolve));
    await service.kill();
    const connected = back();
    await service.startAgain();
    await connected;
    await isAsked();
    const { bytes } = await provider.api.readProvider('lab', TEXTS, { path: 'a.txt' }, WAIT);
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({ text: 'ice' });
    await provider.disconnect();
    socket.disconnect();
  });
});

/** Reads until the server has somebody to ask: the socket is in its room again. */
async function isAsked(): Promise<void> {
  const headers = { Authorization: `Bearer ${service.user}`, Prefer: 'handling=strict' };
  for (;;) {
    const { status } = await fetch(`${service.url}/v1/joblib/rooms/lab/providers/${TEXTS}?path=probe`, { headers });
    if (status !== 503) return;
  }
}
