import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseXyz } from '../../examples/demo/xyz.js';

const DEMO = fileURLToPath(new URL('../../examples/demo/dist/demo.js', import.meta.url));
const SERVICE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const TOKEN = fileURLToPath(new URL('../../dist/token.js', import.meta.url));

let folder: string;
let started: Run[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'demo-')));
  started = [];
});

afterEach(async () => {
  for (const run of started) await run.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** A program under test with everything that it printed. */
class Run {
  output = '';
  readonly closed: Promise<number | null>;
  private readonly watchers = new Set<() => void>();

  constructor(private readonly child: ChildProcess) {
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
      for (const look of this.watchers) look();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.closed = once(child, 'close').then(([code]) => code as number | null);
  }

  /** The match in what was printed, as soon as there is one; rejects when the program ends without it. */
  async matching(pattern: RegExp): Promise<RegExpMatchArray> {
    const found = new Promise<RegExpMatchArray>((resolve) => {
      const look = (): void => {
        const match = this.output.match(pattern);
        if (match) resolve(match);
      };
      this.watchers.add(look);
      look();
    });
    return Promise.race([found, this.closed.then(() => Promise.reject(new Error(`Ended without ${pattern}:\n${this.output}`)))]);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.closed;
  }

  /** Ids that the demo printed of the programs it started. */
  childIds(): readonly number[] {
    return [...this.output.matchAll(/\(process (\d+)\)/g)].map(([, id]) => Number(id));
  }
}

function start(script: string, settings: NodeJS.ProcessEnv): Run {
  const run = new Run(spawn(process.execPath, [script], { cwd: folder, env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] }));
  started.push(run);
  return run;
}

function environment(settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return { ...inherited, ...settings };
}

async function unusedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

async function startService(settings: NodeJS.ProcessEnv = {}): Promise<string> {
  const [, url = ''] = await start(SERVICE, { PORT: '0', ...settings }).matching(/listening on (http:\/\/[\d.]+:\d+)/);
  return url;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

function expectNothingLeft(run: Run, programs: number): void {
  const ids = run.childIds();
  expect(ids).toHaveLength(programs);
  expect(ids.filter(isAlive)).toEqual([]);
}

describe('npm run demo', () => {
  it('without a service starts one, shows two finished tasks, a failed and a cancelled one, and leaves files but no process', async () => {
    const run = start(DEMO, { JOBLIB_URL: await unusedUrl() });
    expect({ code: await run.closed, output: run.output }).toMatchObject({ code: 0 });

    expect(run.output).toContain('No service answers at ');
    expect(run.output).toMatch(/✔ turn caffeine\.xyz 90° about z\s+completed/);
    expect(run.output).toMatch(/✖ turn missing\.xyz 30° about x\s+failed\s+There is no 'missing\.xyz'/);
    expect(run.output).toMatch(/⊘ turn caffeine\.xyz 360° about y\s+cancelled/);
    expect(run.output).toMatch(/✔ turn caffeine\.xyz 45° about x\s+completed/);
    expect(run.output).toMatch(/▸ turn caffeine\.xyz 90° about z\s+running\s+█+░+\s+\d+ %/);
    expect(run.output).toContain('npm run --silent token');
    expectNothingLeft(run, 2);
    expect(await readdir(join(folder, 'data/demo'))).toEqual(['files']);
  });

  it('writes the molecule turned by a right angle, and nothing for the tasks that failed or were cancelled', async () => {
    const run = start(DEMO, { JOBLIB_URL: await unusedUrl() });
    expect({ code: await run.closed, output: run.output }).toMatchObject({ code: 0 });

    const files = join(folder, 'data/demo/files');
    expect((await readdir(files)).toSorted()).toEqual(['caffeine-45-x.xyz', 'caffeine-90-z.xyz', 'caffeine.xyz']);
    const [before] = parseXyz(await readFile(join(files, 'caffeine.xyz'), 'utf8'));
    const frames = parseXyz(await readFile(join(files, 'caffeine-90-z.xyz'), 'utf8'));
    expect(frames).toHaveLength(10);
    before?.atoms.forEach(({ position: [x, y, z] }, index) => {
      const turned = frames.at(-1)?.atoms[index]?.position ?? [];
      [-y, x, z].forEach((expected, axis) => expect(turned[axis]).toBeCloseTo(expected, 4));
    });
  });

  it('uses the service that runs and leaves it running, without its worker', async () => {
    const url = await startService();
    const run = start(DEMO, { JOBLIB_URL: url });
    expect({ code: await run.closed, output: run.output }).toMatchObject({ code: 0 });

    expect(run.output).toContain(`Using the service at ${url}.`);
    expectNothingLeft(run, 1);
    const { stdout } = await promisify(execFile)(process.execPath, [TOKEN, '--sub', 'demo-worker', '--superuser'], {
      cwd: folder,
      env: environment({}),
    });
    const workers = await fetch(`${url}/v1/joblib/workers`, { headers: { Authorization: `Bearer ${stdout.trim()}` } });
    expect(await workers.json()).toMatchObject({ items: [], total: 0 });
  });

  it('says so and starts its own service when the one that runs refuses its token', async () => {
    const url = await startService({ ZNDRAW_JOBLIB_JWT_SECRET: 'a secret that the demo does not know at all' });
    const run = start(DEMO, { JOBLIB_URL: url, ZNDRAW_JOBLIB_JWT_SECRET: 'quite another secret, known to the demo only' });
    expect({ code: await run.closed, output: run.output }).toMatchObject({ code: 0 });

    expect(run.output).toContain(`The service at ${url} refuses our token: it has another secret.`);
    expectNothingLeft(run, 2);
  });

  it('puts everything away when it is interrupted in the middle of a task', async () => {
    const run = start(DEMO, { JOBLIB_URL: await unusedUrl() });
    await run.matching(/▸ .* running/);
    expect({ code: await run.end('SIGINT'), output: run.output }).toMatchObject({ code: 130 });

    expect(run.output).toContain('Interrupted by SIGINT');
    expectNothingLeft(run, 2);
    expect(await readdir(join(folder, 'data/demo'))).toEqual(['files']);
  });

  it('ends with one clear line when its worker dies', async () => {
    const run = start(DEMO, { JOBLIB_URL: await unusedUrl() });
    await run.matching(/▸ .* running/);
    const worker = run.childIds().at(-1);
    expect(worker !== undefined && process.kill(worker, 'SIGKILL')).toBe(true);
    expect({ code: await run.closed, output: run.output }).toMatchObject({ code: 1 });

    expect(run.output).toContain('The demo failed: The worker ended (signal SIGKILL).');
    expectNothingLeft(run, 2);
  });
});
