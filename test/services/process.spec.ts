import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ProcessService } from '@joblib/plugins/services';
import type { ProcessServiceConfig } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { until } from '../support/until.js';
import { ProcessScene, freePort, isRunning } from './process-scene.js';
import { ESCAPING_PROGRAM, IDLE_PROGRAM, STUBBORN_PROGRAM, pidIn, webProgram } from './programs.js';

const node = process.execPath;
const isLinux = process.platform === 'linux';

describe('a process service', () => {
  const scenes: ProcessScene[] = [];

  afterEach(async () => {
    await Promise.all(scenes.splice(0).map((scene) => scene.remove()));
  });

  function open(...args: ConstructorParameters<typeof ProcessScene>): ProcessScene {
    const scene = new ProcessScene(...args);
    scenes.push(scene);
    return scene;
  }

  it('is ready at once when nothing is said about it, and ends when it is asked to', async () => {
    const scene = open({ command: IDLE_PROGRAM });
    await scene.start();
    const pid = scene.pid();
    expect(isRunning(pid)).toBe(true);
    await scene.supervisor.stop('program');
    expect([isRunning(pid), readdirSync(scene.records)]).toEqual([false, []]);
    expect(scene.moves.slice(-2)).toEqual(['running -> stopping', 'stopping -> stopped']);
  });

  it('is ready when its address answers with 2xx, and not before', async () => {
    const port = await freePort();
    const scene = open({ command: webProgram(port), ready: { http: `http://127.0.0.1:${port}/health` } });
    const refusals: unknown[] = [];
    scene.supervisor.onHealthCheck(({ error }) => refusals.push(error?.message));
    await scene.start();
    expect(refusals).toContain(`Health check of service program failed: http://127.0.0.1:${port}/health answered 503`);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  it('is ready when a line contains the text, wherever it writes it', async () => {
    const command = [
      node,
      '-e',
      `console.log('beginning'); setTimeout(() => console.error('worker 7 registered.'), 100); setInterval(() => undefined, 1000)`,
    ];
    const scene = open({ command, ready: { log: 'registered' } });
    await scene.start();
    expect(scene.output).toEqual([
      { serviceName: 'program', stream: 'stdout', line: 'beginning' },
      { serviceName: 'program', stream: 'stderr', line: 'worker 7 registered.' },
    ]);
  });

  it('writes to the log with its name', async () => {
    const logger = new RecordingLogger();
    const service = new ProcessService(
      { name: 'talker', command: [node, '-e', `process.stdout.write('one\\ntwo\\r\\nthr'); process.stdout.write('ee')`] },
      { logger },
    );
    const handle = await service.start(new AbortController().signal);
    expect(await service.ended(handle)).toEqual({ exitCode: 0, signal: null });
    await service.cleanup();
    expect(logger.lines).toEqual(['info: talker: one', 'info: talker: two', 'info: talker: three']);
  });

  it('is started again when it is killed', async () => {
    const scene = open({ command: IDLE_PROGRAM, ready: { log: 'here' } });
    await scene.start();
    const killed = scene.pid();
    process.kill(killed, 'SIGKILL');
    await until('a restart', () => scene.status.restarts === 1 && scene.status.state === 'running');
    expect(scene.pid()).not.toBe(killed);
    expect(isRunning(scene.pid())).toBe(true);
    expect(scene.status.lastError).toBe('Service program ended by SIGKILL');
  });

  it('is stopped after it left by itself with 0, failed otherwise, and its last lines are kept', async () => {
    const clean = open({ command: [node, '-e', 'setTimeout(() => undefined, 50)'] });
    await clean.start();
    await until('its end', () => clean.status.state === 'stopped');
    const broken = open(
      { command: [node, '-e', `setTimeout(() => { console.error('why'); process.exit(3); }, 50)`] },
      { restart: 'never' },
    );
    await broken.start();
    await until('its end', () => broken.status.state === 'failed');
    expect(broken.status.lastError).toBe('Service program ended with exit code 3');
    expect(broken.lines).toContain('why');
  });

  it('that takes no notice of SIGTERM is killed after the grace, with its whole group', async () => {
    const scene = open({ command: STUBBORN_PROGRAM, ready: { log: 'child' } }, { stopTimeoutSeconds: 10 });
    await scene.start();
    await until('both', () => scene.lines.length >= 2);
    const pids = [pidIn(scene.lines, 'parent'), pidIn(scene.lines, 'child')];
    expect(pids.map(isRunning)).toEqual([true, true]);
    await scene.supervisor.stop('program');
    expect(pids.map(isRunning)).toEqual([false, false]);
    expect(scene.lines.filter((line) => line === 'no')).toHaveLength(2);
    expect(scene.logger.lines).toContain('warn: Service program: it did not end within 10 s. It is ended by force.');
    expect(scene.status.state).toBe('stopped');
  });

  it('that ends takes those that it started with it', async () => {
    const scene = open({ command: STUBBORN_PROGRAM, ready: { log: 'child' } }, { restart: 'never' });
    await scene.start();
    await until('both', () => scene.lines.length >= 2);
    process.kill(pidIn(scene.lines, 'parent'), 'SIGKILL');
    await until('its end', () => scene.status.state === 'failed');
    expect(isRunning(pidIn(scene.lines, 'child'))).toBe(false);
  });

  (isLinux ? it : it.skip)('leaves nothing behind that has left its group (on Linux)', async () => {
    const scene = open({ command: ESCAPING_PROGRAM, ready: { log: 'child' } });
    await scene.start();
    const child = pidIn(scene.lines, 'child');
    expect(isRunning(child)).toBe(true);
    await scene.supervisor.stop('program');
    expect(isRunning(child)).toBe(false);
  });

  it('knows no secret of the server, only what it is given', async () => {
    const names = ['OWN_SECRET', 'ASKED_FOR', 'FROM_FILE', 'JOBLIB_TOKEN', 'JOBLIB_URL', 'PATH'];
    process.env['OWN_SECRET'] = 'secret';
    process.env['ASKED_FOR'] = 'from the server';
    const print = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name] ?? null)))`;
    const scene = open(
      { command: [node, '-e', print], env: { FROM_FILE: 'file', ASKED_FOR: null, JOBLIB_URL: 'file wins' } },
      { restart: 'never' },
      { environment: async (name) => ({ JOBLIB_TOKEN: `token of ${name}`, JOBLIB_URL: 'http://127.0.0.1:8000' }) },
    );
    await scene.start();
    await until('its end', () => scene.status.state === 'stopped');
    delete process.env['OWN_SECRET'];
    delete process.env['ASKED_FOR'];
    expect(JSON.parse(scene.lines[0] ?? '')).toEqual([
      null,
      'from the server',
      'file',
      'token of program',
      'file wins',
      process.env['PATH'],
    ]);
  });

  it.each<[string, Partial<ProcessServiceConfig>, string]>([
    ['no program', { command: ['no-such-program'] }, 'there is no program no-such-program'],
    ['no folder', { cwd: '/no/such/folder' }, 'its folder /no/such/folder does not exist'],
    [
      'an early end',
      { command: [node, '-e', 'process.exit(4)'], ready: { log: 'never' } },
      'it ended with exit code 4 before it was ready',
    ],
  ])('says why it does not start: %s', async (_what, config, reason) => {
    const scene = open({ command: IDLE_PROGRAM, ...config }, { maxRetries: 0 });
    await expect(scene.start()).rejects.toThrow(`Service program failed to start: ${reason}`);
    expect(readdirSync(scene.records)).toEqual([]);
  });

  it('says why a file may not be run', async () => {
    const scene = open({ command: './plain.txt' }, { maxRetries: 0 });
    writeFileSync(join(scene.folder, 'plain.txt'), 'no program', { mode: 0o600 });
    await expect(scene.start()).rejects.toThrow('Service program failed to start: ./plain.txt may not be run');
  });

  it('takes a handle without a pid, or of something else, for an error', async () => {
    const service = new ProcessService({ name: 'program', command: IDLE_PROGRAM });
    const handle = { id: 'x', serviceName: 'program', metadata: {} };
    await expect(service.healthCheck(handle)).rejects.toThrow('Health check of service program failed: its handle has no pid');
    await expect(service.healthCheck({ ...handle, metadata: { pid: '1' } })).rejects.toThrow('process 1 has ended');
    await service.stop(handle);
    await service.forceStop(handle);
  });

  it('works without records', async () => {
    const service = new ProcessService({ name: 'program', command: IDLE_PROGRAM }, { logger: new RecordingLogger() });
    const handle = await service.start(new AbortController().signal);
    const pid = Number(handle.metadata['pid']);
    expect([await service.healthCheck(handle), isRunning(pid)]).toEqual(['healthy', true]);
    await service.cleanup();
    expect(isRunning(pid)).toBe(false);
    await expect(service.healthCheck(handle)).rejects.toThrow(`process ${pid} has ended`);
  });

  it('stopped while its environment is asked for starts nothing', async () => {
    const marker = join(process.cwd(), 'never-written');
    let answer: (env: Record<string, string>) => void = () => undefined;
    const environment = new Promise<Record<string, string>>((resolve) => (answer = resolve));
    const scene = open(
      { command: [node, '-e', `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`] },
      {},
      { environment: () => environment },
    );
    const failure = scene.start().catch((error: unknown) => error);
    const stopped = scene.supervisor.stop('program');
    answer({});
    await stopped;
    expect(await failure).toMatchObject({ message: 'Service program failed to start: stopped while starting' });
    expect([existsSync(marker), existsSync(scene.records) ? readdirSync(scene.records) : []]).toEqual([false, []]);
  });
});
