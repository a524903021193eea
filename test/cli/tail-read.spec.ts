import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineExtension } from '@joblib/client';

import { CLI } from './cli-process.js';
import { Scene } from './scene.js';

const PIXELS = Uint8Array.from({ length: 256 }, (_, index) => index);

class Texts {
  static readonly category = 'files';
  read(texts: Record<string, unknown>, params: object): unknown {
    const { path = '' } = params as { path?: string };
    if (!(path in texts)) throw new Error(`There is no '${path}'.`);
    return { text: texts[path], ...params };
  }
}

class Images {
  static readonly category = 'images';
  static readonly contentType = 'image/x-raw';
  read(pixels: Uint8Array): Uint8Array {
    return pixels;
  }
}

const Scale = defineExtension({
  name: 'Scale',
  run: ({ payload }) => {
    if (payload['fail'] === true) throw new Error('no\u001b[31mmodel');
    return 1;
  },
});

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

describe('joblib tail', () => {
  it('prints every change of a room as it happens, until it is ended', async () => {
    const tail = scene.spawn(['tail', 'lab']);
    await tail.printed(/^Following lab; Ctrl\+C ends it\.$/m);
    const manager = scene.manager();
    await manager.register(Scale, { room: 'lab' });
    await tail.printed(/^\d\d:\d\d:\d\d {2}the jobs changed$/m);
    void manager.serve();
    const { id } = await manager.submit(Scale, { fail: true }, { room: 'lab', jobRoom: 'lab' });
    await tail.printed(/failed .*no \[31mmodel\n/);
    const statuses = tail.stdout.split('\n').flatMap((line) => /^\S+ {2}(\w+) +(\S+) {2}lab:modifiers:Scale/.exec(line)?.slice(1, 3) ?? []);
    expect(statuses).toEqual(['pending', id, 'claimed', id, 'running', id, 'failed', id]);
    expect(tail.stdout).not.toContain('\u001b');
    expect(await tail.ended('SIGINT')).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('prints events as JSON, one a line, and ends quietly when the reader has seen enough', async () => {
    const script = `"${process.execPath}" "${CLI}" tail json --json | { read first; echo "$first"; }; echo "ended with \${PIPESTATUS[0]}"`;
    const tail = scene.spawn(['-c', script], {}, ['bash']);
    await tail.printed(/^Following/m);
    const manager = scene.manager();
    await manager.register(Scale, { room: 'json' });
    await tail.printed(/\n/);
    for (;;) {
      await manager.submit(Scale, {}, { room: 'json', jobRoom: 'json' });
      if (/ended with 0/.test(tail.stdout) || tail.child.exitCode !== null) break;
    }
    const { stdout, stderr } = await tail.ended();
    expect(stdout).toBe('{"name":"jobs_invalidate","payload":{}}\nended with 0\n');
    expect(stderr).toBe('Following json; Ctrl+C ends it.\n');
  });

  it('stays through an outage, and says that something may be missing', async () => {
    const tail = scene.spawn(['tail', 'outage']);
    await tail.printed(/^Following/m);
    await scene.kill();
    await tail.printed(/trying again\.$/m);
    await scene.startAgain();
    await tail.printed(/^Back again; what happened meanwhile is not shown\.$/m);
    await scene.manager().register(Scale, { room: 'outage' });
    await tail.printed(/the jobs changed/);
    expect(tail.stderr.match(/trying again/g)).toHaveLength(1);
  });

  it('ends with 1 when its token is refused after an outage', async () => {
    const token = (
      await scene.run(['token', '--sub', 'ada', '--expires-in', '1d'], { env: { ZNDRAW_JOBLIB_JWT_SECRET: Scene.SECRET } })
    ).stdout.trim();
    const tail = scene.spawn(['tail', 'refused'], { env: { JOBLIB_TOKEN: token } });
    await tail.printed(/^Following/m);
    await scene.kill();
    await scene.startAgain({ ZNDRAW_JOBLIB_JWT_SECRET: 'another secret of thirty-two bytes or more' });
    const { code, stderr } = await tail.ended();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\njoblib: .* \(401 unauthorized\)\n$/)]);
    await scene.kill();
    await scene.startAgain();
  });
});

describe('joblib read', () => {
  async function withProviders(): Promise<void> {
    const manager = scene.manager();
    await manager.registerProvider(Texts, { name: 'local', handler: { 'a.txt': 'water', 'b = c': 'ice' }, room: 'lab' });
    await manager.registerProvider(Images, { name: 'all', handler: PIXELS, room: 'lab' });
  }

  it('writes what the provider answered, as it is', async () => {
    await withProviders();
    const { code, stdout, stderr } = await scene.run(['read', 'lab', 'lab:files:local', 'path=a.txt', 'x=1=2', 'x=']);
    expect([code, JSON.parse(stdout), stderr]).toEqual([0, { text: 'water', path: 'a.txt', x: '' }, '']);
  });

  it('saves bytes into a file, or pipes them', async () => {
    await withProviders();
    const saved = await scene.run(['read', 'lab', 'lab:images:all', '-o', 'pixels.raw']);
    expect(saved).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(new Uint8Array(readFileSync(join(scene.folder, 'pixels.raw')))).toEqual(PIXELS);
    await scene.spawn(['-c', `"${process.execPath}" "${CLI}" read lab lab:images:all > piped.raw`], {}, ['sh']).ended();
    expect(new Uint8Array(readFileSync(join(scene.folder, 'piped.raw')))).toEqual(PIXELS);
  });

  it('shows no bytes on a terminal unless they are asked for, and JSON readable', async () => {
    await withProviders();
    const onTerminal = (args: string): Promise<{ code: number | null; stdout: string }> =>
      scene.spawn(['-qec', `"${process.execPath}" "${CLI}" read lab ${args}`, '/dev/null'], {}, ['script']).ended();
    const refused = await onTerminal('lab:images:all');
    expect([refused.code, refused.stdout]).toEqual([
      2,
      expect.stringMatching(/The answer is image\/x-raw, 256 bytes: give -o <file>, or -o -/),
    ]);
    expect((await onTerminal('lab:images:all -o -')).code).toBe(0);
    expect((await onTerminal('lab:files:local path=a.txt')).stdout).toBe('{\r\n  "text": "water",\r\n  "path": "a.txt"\r\n}\r\n');
  });

  it('tells in one line what the provider threw, and that a file cannot be written', async () => {
    await withProviders();
    const thrown = await scene.run(['read', 'lab', 'lab:files:local', 'path=none', '-o', 'none.json']);
    expect([thrown.code, thrown.stderr]).toEqual([1, expect.stringMatching(/^joblib: [^\n]*There is no 'none'\.[^\n]*\n$/)]);
    expect(() => readFileSync(join(scene.folder, 'none.json'))).toThrow('ENOENT');
    const unwritable = await scene.run(['read', 'lab', 'lab:images:all', '-o', 'no/such/folder']);
    expect([unwritable.code, unwritable.stderr]).toEqual([
      1,
      expect.stringMatching(/^joblib: The answer cannot be saved: ENOENT[^\n]*\n$/),
    ]);
  });

  it('tells that nobody answered in time', async () => {
    const manager = scene.manager();
    class Silent {
      static readonly category = 'files';
      read(): Promise<never> {
        return new Promise(() => undefined);
      }
    }
    await manager.registerProvider(Silent, { name: 'silent', handler: null, room: 'lab' });
    const { code, stderr } = await scene.run(['read', 'lab', 'lab:files:silent', '--wait', '0']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^joblib: .* \(504 provider-timeout\)\n$/)]);
  });
});
