import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { ProviderHost } from '../../examples/providers/provider-host.js';
import { folderProviders, trajectoryProvider } from '../../examples/providers/served-providers.js';
import { Trajectory } from '../../examples/providers/trajectory.js';
import { startGateway } from '../gateway/gateway-app.js';
import type { GatewayApp } from '../gateway/gateway-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { ProviderUser } from './provider-scene.js';

const WATER = new URL('../../examples/providers/data/water.xyz', import.meta.url).pathname;

describe('the example: a folder and a trajectory', () => {
  let server: GatewayApp;
  let host: ProviderHost;
  let sue: ProviderUser;
  let base: string;

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'joblib-'));
    const folder = join(base, 'served');
    await mkdir(join(folder, 'deep', 'deeper'), { recursive: true });
    await writeFile(join(folder, 'notes.txt'), 'hello');
    await writeFile(join(folder, 'deep', 'a.xyz'), '1');
    await writeFile(join(folder, 'deep', 'deeper', 'b.xyz'), '22');
    await writeFile(join(folder, 'bytes'), Uint8Array.of(0, 255, 128));
    await writeFile(join(base, 'secret.txt'), 'secret');
    await mkdir(join(base, 'served-not'));
    await writeFile(join(base, 'served-not', 'secret.txt'), 'secret');
    await symlink(join(base, 'secret.txt'), join(folder, 'link'));
    await symlink(base, join(folder, 'up'));
    await symlink(join(folder, 'notes.txt'), join(folder, 'inner'));
    server = await startGateway();
    const providers = [...(await folderProviders(folder, 'local')), await trajectoryProvider(WATER, 'water')];
    host = await ProviderHost.start({ url: server.origin, token: 'ann' }, 'lab', providers);
    sue = new ProviderUser(server.origin, new JoblibUser(server.origin, 'sue'));
  });
  afterAll(async () => {
    await host.close();
    await server.close();
    await rm(base, { recursive: true });
  });

  const read = (provider: string, params: Record<string, string>) =>
    sue.read(`?${String(new URLSearchParams(params))}`, { prefer: 'wait=15' }, { fullName: `lab:${provider}` });

  it('lists a directory, without what leads outside', async () => {
    const answer = await read('filesystem:local', { path: '/' });
    expect([answer.status, answer.body]).toEqual([
      200,
      [
        { path: 'bytes', type: 'file', size: 3 },
        { path: 'deep', type: 'directory', size: 0 },
        { path: 'inner', type: 'file', size: 5 },
        { path: 'notes.txt', type: 'file', size: 5 },
      ],
    ]);
    expect((await read('filesystem:local', {})).body).toEqual(answer.body);
    expect((await read('filesystem:local', { path: 'notes.txt' })).body).toEqual([{ path: 'notes.txt', type: 'file', size: 5 }]);
  });

  it.each([
    ['**/*.xyz', '/', ['deep/a.xyz', 'deep/deeper/b.xyz']],
    ['*.xyz', 'deep', ['deep/a.xyz']],
    ['**/*.txt', '/', ['notes.txt']],
    ['*.none', '/', []],
  ])('finds %s below %s', async (glob, path, found) => {
    const { body } = await read('filesystem:local', { path, glob });
    expect((body as { path: string }[]).map((entry) => entry.path)).toEqual(found);
  });

  it('sends the bytes of a file', async () => {
    const answer = await read('files:local', { path: '/bytes' });
    expect([answer.headers.get('content-type'), [...answer.bytes]]).toEqual(['application/octet-stream', [0, 255, 128]]);
    expect((await read('files:local', { path: 'deep/../notes.txt' })).bytes.toString()).toBe('hello');
    expect((await read('files:local', { path: '/inner' })).bytes.toString()).toBe('hello');
  });

  it.each([
    '../secret.txt',
    '/../secret.txt',
    'deep/../../secret.txt',
    'link',
    'up/secret.txt',
    'up',
    '..',
    '../served-not/secret.txt',
    '../none',
  ])('refuses the path %s, which is outside', async (path) => {
    for (const provider of ['files:local', 'filesystem:local']) {
      const answer = await read(provider, { path });
      expect([answer.status, answer.body]).toEqual([403, expect.objectContaining({ title: 'Outside of the folder' })]);
      expect(answer.bytes.toString()).not.toContain('"secret"');
    }
  });

  it.each(['../*', '/etc/*', 'deep/../../*', '..\\*'])('refuses the pattern %s', async (glob) => {
    expect((await read('filesystem:local', { path: '/', glob })).status).toBe(403);
  });

  it('tells what is not there', async () => {
    expect((await read('files:local', { path: '/none' })).body).toMatchObject({ status: 404, title: 'No such file' });
    expect((await read('files:local', { path: '/deep' })).body).toMatchObject({ status: 422 });
  });

  it('keeps what failed otherwise to its log', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const answer = await read('files:local', { path: 'a\u0000b' });
    expect([answer.status >= 400, answer.bytes.toString()]).toEqual([true, expect.not.stringContaining(base)]);
    log.mockRestore();
  });

  it('sends a frame of the trajectory as numbers, a part of it as well', async () => {
    const answer = await read('frames:water', { frame: '0' });
    const numbers = Array.from({ length: answer.bytes.length / 4 }, (_, index) => answer.bytes.readFloatLE(index * 4));
    expect(numbers.map((number) => Number(number.toFixed(4)))).toEqual([0, 0, 0, 0.7578, 0.5867, 0, -0.7578, 0.5867, 0]);
    const path = { fullName: 'lab:frames:water' };
    const secondAtom = await sue.read('?frame=0', { range: 'bytes=12-23' }, path);
    expect([secondAtom.status, secondAtom.bytes]).toEqual([206, answer.bytes.subarray(12, 24)]);
    expect((await read('frames:water', { frame: '19' })).bytes.length).toBe(36);
  });

  it.each(['20', '-1', 'first', ''])('has no frame %j', async (frame) => {
    expect((await read('frames:water', { frame })).status).toBeGreaterThanOrEqual(404);
  });
});

describe('a trajectory file', () => {
  it.each([
    ['2\nonly one atom\nH 0 0 0\n', 'ends in the middle of frame 0'],
    ['one\n\nH 0 0 0\n', "'one' is no number of atoms"],
  ])('like %j is refused when it is opened', async (contents, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'joblib-'));
    const file = join(folder, 'broken.xyz');
    await writeFile(file, contents);
    await expect(Trajectory.open(file)).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });

  it('has as many frames as it has', async () => {
    const water = await Trajectory.open(WATER);
    expect(water.frameCount).toBe(20);
    await water.close();
  });
});
