import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Progress } from '@joblib/contract';
import { PayloadError, readOrder, rotateFile } from '../../examples/demo/rotate-job.js';
import type { RotateContext } from '../../examples/demo/rotate-job.js';
import { Workspace, WorkspaceError } from '../../examples/demo/workspace.js';
import { parseXyz } from '../../examples/demo/xyz.js';

const PAYLOAD = { file: 'pair.xyz', axis: 'z', angle: 180, output: 'turned.xyz' };
const PAIR = '2\nfirst\nC 9 9 9\nC 8 8 8\n2\na pair\nC 1 0 0\nC -1 0 0\n';

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotate-'));
  root = join(folder, 'workspace');
  await mkdir(root);
  await writeFile(join(root, 'pair.xyz'), PAIR);
});

afterEach(async () => rm(folder, { recursive: true, force: true }));

async function aContext(overrides: Partial<RotateContext> = {}): Promise<RotateContext> {
  return { workspace: await Workspace.open(root), signal: new AbortController().signal, report: () => Promise.resolve(), ...overrides };
}

describe('readOrder', () => {
  it('fills in one frame and no pause', () => {
    expect(readOrder(PAYLOAD)).toEqual({
      file: 'pair.xyz',
      axis: 'z',
      angleDegrees: 180,
      output: 'turned.xyz',
      frameCount: 1,
      frameSeconds: 0,
    });
  });

  it.each([
    ['file', undefined],
    ['file', 'notes.txt'],
    ['output', 7],
    ['output', 'pair.xyz'],
    ['axis', 'w'],
    ['angle', '90'],
    ['angle', 361],
    ['frames', 0],
    ['frames', 1.5],
    ['frames', 101],
    ['frame_seconds', -1],
  ])('refuses %s = %j by name', (field, value) => {
    const read = (): unknown => readOrder({ ...PAYLOAD, [field]: value });
    expect(read).toThrow(PayloadError);
    expect(read).toThrow(`'${field}'`);
  });
});

describe('rotateFile', () => {
  it('turns the last frame and writes the turn frame by frame', async () => {
    const result = await rotateFile(readOrder({ ...PAYLOAD, frames: 2 }), await aContext());
    const frames = parseXyz(await readFile(join(root, 'turned.xyz'), 'utf8'));
    expect(result).toEqual({ atoms: 2, frames: 2, output: 'turned.xyz', rmsd: 2 });
    expect(frames.map(({ comment }) => comment)).toEqual(['a pair; turned 90° about z', 'a pair; turned 180° about z']);
    expect(frames.map(({ atoms }) => atoms[0]?.position)).toEqual([
      [0, 1, 0],
      [-1, 0, 0],
    ]);
  });

  it('reports each frame', async () => {
    const reports: Progress[] = [];
    const report = (progress: Progress): Promise<void> => Promise.resolve(void reports.push(progress));
    await rotateFile(readOrder({ ...PAYLOAD, frames: 2 }), await aContext({ report }));
    expect(reports).toEqual([
      { current: 1, total: 2, message: '90° about z' },
      { current: 2, total: 2, message: '180° about z' },
    ]);
  });

  it('writes nothing when it is cancelled on its way', async () => {
    const cancellation = new AbortController();
    const context = await aContext({ signal: cancellation.signal, report: () => Promise.resolve(cancellation.abort()) });
    await expect(rotateFile(readOrder({ ...PAYLOAD, frames: 3 }), context)).rejects.toThrow(/abort/i);
    expect(await readdir(root)).toEqual(['pair.xyz']);
  });

  it('replaces an output that is already there and leaves no other file behind', async () => {
    await writeFile(join(root, 'turned.xyz'), 'old');
    await rotateFile(readOrder(PAYLOAD), await aContext());
    expect(await readdir(root)).toEqual(['pair.xyz', 'turned.xyz']);
    expect(await readFile(join(root, 'turned.xyz'), 'utf8')).toMatch(/^2\na pair/);
  });

  it('says which file is missing', async () => {
    const run = rotateFile(readOrder({ ...PAYLOAD, file: 'missing.xyz' }), await aContext());
    await expect(run).rejects.toThrow("There is no 'missing.xyz' in the worker's workspace.");
  });
});

describe('Workspace', () => {
  beforeEach(async () => {
    await writeFile(join(folder, 'secret.xyz'), PAIR);
    await mkdir(join(folder, 'workspace-2'));
    await writeFile(join(folder, 'workspace-2', 'secret.xyz'), PAIR);
    await symlink(join(folder, 'secret.xyz'), join(root, 'link.xyz'));
    await symlink(folder, join(root, 'up'));
    await mkdir(join(root, 'folder.xyz'));
  });

  it.each([
    '../secret.xyz',
    '../workspace-2/secret.xyz',
    'a/../../secret.xyz',
    'link.xyz',
    'up/secret.xyz',
    '/etc/hosts',
    'a\0.xyz',
    '',
    '.',
    'folder.xyz',
  ])('does not read %j', async (path) => {
    const workspace = await Workspace.open(root);
    await expect(workspace.read(path)).rejects.toThrow(WorkspaceError);
  });

  it.each(['../new.xyz', 'up/new.xyz', '/tmp/new.xyz', 'nowhere/new.xyz', 'folder.xyz'])('does not write %j', async (path) => {
    const workspace = await Workspace.open(root);
    await expect(workspace.write(path, PAIR)).rejects.toThrow(WorkspaceError);
    expect(await readdir(folder)).toEqual(['secret.xyz', 'workspace', 'workspace-2']);
  });

  it('replaces a symbolic link instead of writing through it', async () => {
    const workspace = await Workspace.open(root);
    await workspace.write('link.xyz', 'new');
    expect(await readFile(join(folder, 'secret.xyz'), 'utf8')).toBe(PAIR);
    expect(await workspace.read('link.xyz')).toBe('new');
  });

  it('reads and writes in folders below', async () => {
    await mkdir(join(root, 'deep'));
    const workspace = await Workspace.open(root);
    await workspace.write('deep/new.xyz', PAIR);
    expect(await workspace.read('deep/../deep/new.xyz')).toBe(PAIR);
  });
});
