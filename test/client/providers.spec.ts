import { afterEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@joblib/client';
import { z } from 'zod';

import { until } from '../support/until.js';
import { aScene, clearScenes } from './scene.js';

afterEach(clearScenes);

/** Answers files that it is given as its handler. */
class TextFiles {
  static readonly category = 'files';
  static readonly schema = {
    type: 'object',
    properties: { path: { type: 'string' }, lines: { type: 'integer', default: 10 }, raw: { type: 'boolean' } },
    required: ['path'],
  };

  readonly path: string = '';

  read(files: ReadonlyMap<string, string>, params: unknown): unknown {
    const text = files.get(this.path);
    if (text === undefined) throw new Error(`There is no '${this.path}'.`);
    return { text, params };
  }
}

class Pixels {
  static readonly category = 'images';
  static readonly contentType = 'image/x-raw';

  async read(pixels: unknown): Promise<unknown> {
    return pixels;
  }
}

const FILES = '@global:files:local';

function textOf({ bytes }: { bytes: ArrayBuffer }): string {
  return new TextDecoder().decode(bytes);
}

async function withFiles() {
  const scene = aScene();
  const handler = new Map([['notes.txt', 'water']]);
  await scene.manager.registerProvider(TextFiles, { name: 'local', handler });
  return { ...scene, handler };
}

describe('a provider', () => {
  it('is registered with its schema and content type, and its handler is there by full name', async () => {
    const { server, manager, handler } = await withFiles();
    expect(server.world.providers.get(FILES)).toMatchObject({
      category: 'files',
      name: 'local',
      content_type: 'application/json',
      schema: TextFiles.schema,
      worker_id: manager.workerId,
    });
    expect([...manager.handlers]).toEqual([[FILES, handler]]);
  });

  it('answers with JSON, parameters converted and defaults filled in', async () => {
    const { server } = await withFiles();
    const answer = await server.read(FILES, { path: 'notes.txt', raw: 'true' });
    expect(answer).toMatchObject({ contentType: 'application/json', isError: false });
    expect(JSON.parse(textOf(answer))).toEqual({ text: 'water', params: { path: 'notes.txt', lines: 10, raw: true } });
  });

  it('reports a read that throws at once', async () => {
    const { server, log } = await withFiles();
    const answer = await server.read(FILES, { path: 'none.txt' });
    expect(answer).toMatchObject({ contentType: 'application/problem+json', isError: true });
    expect(JSON.parse(textOf(answer))).toEqual({
      type: 'about:blank',
      title: 'Provider read failed',
      status: 500,
      detail: "There is no 'none.txt'.",
    });
    expect(log.lines).toContain(`error A read of '${FILES}' failed: There is no 'none.txt'.`);
  });

  it('reports parameters that break the schema as the reader’s mistake', async () => {
    const { server } = await withFiles();
    const answer = await server.read(FILES, { lines: 'many' });
    expect(answer.isError).toBe(true);
    expect(JSON.parse(textOf(answer))).toMatchObject({
      status: 422,
      detail: 'The parameters break the schema: path: is required; lines: must be integer, is string',
    });
  });

  it('reads once what it is asked again while it reads, and once more what it is asked later', async () => {
    class Slow {
      static readonly category = 'slow';
      read(reads: (() => void)[]): Promise<string> {
        return new Promise((resolve) => reads.push(() => resolve('done')));
      }
    }
    const { server, manager } = aScene();
    const reads: (() => void)[] = [];
    await manager.registerProvider(Slow, { name: 'one', handler: reads });
    const answers = [server.read('@global:slow:one', {}, 'hash'), server.read('@global:slow:one', {}, 'hash')];
    const other = server.read('@global:slow:one', {}, 'another');
    await until('two reads', () => reads.length === 2);
    for (const end of reads) end();
    for (const answer of [...answers, other]) expect(textOf(await answer)).toBe('"done"');
    void server.read('@global:slow:one', {}, 'hash');
    await until('a third', () => reads.length === 3);
  });

  it('may say which problem it is', async () => {
    class Locked {
      static readonly category = 'files';
      read(): never {
        throw new ProblemError('RoomLocked', 'Nobody reads this now.');
      }
    }
    const { server, manager } = aScene();
    await manager.registerProvider(Locked, { name: 'safe', handler: null });
    expect(JSON.parse(textOf(await server.read('@global:files:safe', {})))).toMatchObject({
      status: 423,
      detail: 'Nobody reads this now.',
    });
  });

  it('checks parameters with a Standard Schema', async () => {
    class Frames {
      static readonly category = 'frames';
      static readonly schema = z.object({ frame: z.coerce.number().int() });
      read(_handler: null, { frame }: { frame: number }): number {
        return frame * 2;
      }
    }
    const { server, manager } = aScene();
    await manager.registerProvider(Frames, { name: 'all', handler: null });
    expect(textOf(await server.read('@global:frames:all', { frame: '21' }))).toBe('42');
    expect(JSON.parse(textOf(await server.read('@global:frames:all', { frame: 'x' }))).detail).toMatch(/frame: Invalid input/);
  });

  it.each([
    ['bytes', new Uint8Array([1, 2, 255]), [1, 2, 255]],
    ['a part of a buffer', new Uint8Array([9, 1, 2, 9]).subarray(1, 3), [1, 2]],
    ['a buffer', new Uint8Array([3, 4]).buffer, [3, 4]],
    ['a blob', new Blob([new Uint8Array([5])]), [5]],
    ['text', 'AB', [65, 66]],
  ])('of another content type answers with %s', async (_, pixels, expected) => {
    const { server, manager } = aScene();
    await manager.registerProvider(Pixels, { name: 'one', handler: pixels, room: 'lab' });
    const answer = await server.read('lab:images:one', {});
    expect([...new Uint8Array(answer.bytes)]).toEqual(expected);
    expect(answer).toMatchObject({ contentType: 'image/x-raw', isError: false });
  });

  it('of another content type that answers an object is told so', async () => {
    const { server, manager } = aScene();
    await manager.registerProvider(Pixels, { name: 'one', handler: {} });
    expect(textOf(await server.read('@global:images:one', {}))).toContain(
      "A provider of 'image/x-raw' has to answer bytes or text, not object.",
    );
  });

  it('answers null for nothing, and reports what is no JSON', async () => {
    class Odd {
      static readonly category = 'odd';
      read(value: unknown): unknown {
        return value;
      }
    }
    const { server, manager } = aScene();
    await manager.registerProvider(Odd, { name: 'nothing', handler: undefined });
    await manager.registerProvider(Odd, { name: 'big', handler: 1n });
    await manager.registerProvider(Odd, { name: 'code', handler: () => 1 });
    expect(textOf(await server.read('@global:odd:nothing', {}))).toBe('null');
    expect(textOf(await server.read('@global:odd:big', {}))).toContain('BigInt');
    expect(textOf(await server.read('@global:odd:code', {}))).toContain('A provider of JSON answered a function.');
  });

  it('tells the reader when its result is too large', async () => {
    const { server } = await withFiles();
    server.refuseNext({ method: 'POST', path: '/results' }, 'PayloadTooLarge', 'More than 64 MiB.');
    const answer = await server.read(FILES, { path: 'notes.txt' });
    expect(JSON.parse(textOf(answer))).toMatchObject({ status: 413, detail: 'More than 64 MiB.' });
  });

  it('uploads its answer again when the server was away', async () => {
    const { clock, server } = await withFiles();
    server.refuseNext({ method: 'POST', path: '/results' }, 'DatabaseUnavailable');
    const answer = server.read(FILES, { path: 'notes.txt' });
    await clock.advance(3);
    expect((await answer).isError).toBe(false);
  });

  it('that the server does not know any more stops the worker', async () => {
    const { clock, server, manager } = await withFiles();
    server.refuseNext({ method: 'POST', path: '/results' }, 'Forbidden');
    void server.read(FILES, { path: 'notes.txt' });
    await clock.advance(1);
    expect(manager.stopped).toMatchObject({ kind: 'registration-lost' });
  });

  it('is taken away once, and a read on its way then stops nothing', async () => {
    const { server, manager } = await withFiles();
    await manager.unregisterProvider(FILES);
    await manager.unregisterProvider(FILES);
    expect([server.world.providers.size, manager.handlers.size]).toEqual([0, 0]);
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
    expect(manager.stopped).toBeNull();
  });

  it('needs a socket', async () => {
    const { manager } = aScene({ socket: false });
    await expect(manager.registerProvider(Pixels, { name: 'one', handler: null })).rejects.toThrow('asked over a socket');
  });

  it('keeps its worker alive, and goes with it', async () => {
    const { clock, server, manager } = await withFiles();
    await clock.advance(30);
    expect(server.requests.at(-1)?.path).toContain('/workers/');
    await manager.disconnect();
    expect([server.world.providers.size, manager.handlers.size]).toEqual([0, 0]);
  });
});
