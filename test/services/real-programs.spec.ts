import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ask } from '../support/postgres-server.js';
import { redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { ProcessScene, freePort, isRunning } from './process-scene.js';
import { missingProgram } from './programs.js';

const pythonMissing = missingProgram('python3');
const postgres = postgresPrograms();

/** Where PostgreSQL is, and as whom it may be run: it refuses to be run by root. */
function postgresPrograms(): { folder: string; as: readonly string[]; user: { uid?: number; gid?: number } } | { missing: string } {
  const { JOBLIB_TEST_POSTGRES_BIN: folder, JOBLIB_TEST_POSTGRES_MISSING: missing } = process.env;
  if (folder === undefined) return { missing: missing ?? 'there are no programs of PostgreSQL on this machine' };
  if (process.getuid?.() !== 0) return { folder, as: [], user: {} };
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .match(/^(?:postgres|nobody):.*$/m)?.[0]
      .split(':') ?? [];
  const lacking = missingProgram('setpriv') ?? (uid === undefined ? 'PostgreSQL refuses to run as root, and there is no other user' : null);
  if (lacking !== null) return { missing: lacking };
  return { folder, as: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'], user: { uid: Number(uid), gid: Number(gid) } };
}

describe('a process service runs', () => {
  const scenes: ProcessScene[] = [];
  const folders: string[] = [];

  afterEach(async () => {
    await Promise.all(scenes.splice(0).map((scene) => scene.remove()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function open(...args: ConstructorParameters<typeof ProcessScene>): ProcessScene {
    const scene = new ProcessScene(...args);
    scenes.push(scene);
    return scene;
  }

  const withRedis = redisMissing === null ? it : it.skip;
  withRedis(`a Redis server: ready by its port, there again after it was killed${because(redisMissing)}`, async () => {
    const port = await freePort();
    const command = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const scene = open({ command, ready: { port } });
    await scene.start();
    await until('its greeting', () => scene.lines.some((line) => line.includes('Ready to accept connections')));
    const killed = scene.pid();
    process.kill(killed, 'SIGKILL');
    await until('a restart', () => scene.status.restarts === 1 && scene.status.state === 'running');
    expect([isRunning(killed), isRunning(scene.pid())]).toEqual([false, true]);
    await scene.supervisor.stop('program');
    expect(scene.lines.some((line) => line.includes('ready to exit'))).toBe(true);
    expect(scene.status).toMatchObject({ state: 'stopped' });
  });

  const missing = 'missing' in postgres ? postgres.missing : null;
  const withPostgres = missing === null ? it : it.skip;
  withPostgres(
    `a PostgreSQL server with all of its processes: ready by what it writes, ended in an orderly way${because(missing)}`,
    async () => {
      if ('missing' in postgres) throw new Error(postgres.missing);
      const folder = mkdtempSync(join(tmpdir(), 'joblib-services-postgres-'));
      folders.push(folder);
      chmodSync(folder, 0o700);
      if (postgres.user.uid !== undefined) chownSync(folder, postgres.user.uid, postgres.user.gid ?? postgres.user.uid);
      const data = join(folder, 'data');
      const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--locale=C'];
      execFileSync(join(postgres.folder, 'initdb'), initdb, { ...postgres.user, cwd: folder, stdio: 'ignore' });
      const port = await freePort();
      const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'].flatMap((setting) => [
        '-c',
        setting,
      ]);
      const scene = open({
        command: [...postgres.as, join(postgres.folder, 'postgres'), '-D', data, ...settings],
        ready: { log: 'ready to accept connections' },
        cwd: folder,
      });
      await scene.start();
      expect(await ask(`postgres://postgres@127.0.0.1:${port}/postgres`, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      const pid = scene.pid();
      await scene.supervisor.stop('program');
      expect([isRunning(pid), scene.status.state]).toEqual([false, 'stopped']);
      expect(scene.lines.some((line) => line.includes('database system is shut down'))).toBe(true);
      expect(scene.logger.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
    },
  );

  const withPython = pythonMissing === null ? it : it.skip;
  withPython(`a Python worker: ready by what it writes, without its output being held back${because(pythonMissing)}`, async () => {
    const program = 'import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\nprint("registered")\nsignal.pause()';
    const scene = open({ command: ['python3', '-u', '-c', program], ready: { log: 'registered' } });
    await scene.start();
    const pid = scene.pid();
    expect(isRunning(pid)).toBe(true);
    await scene.supervisor.stop('program');
    expect([isRunning(pid), scene.status.state, scene.logger.lines.filter((line) => line.startsWith('warn'))]).toEqual([
      false,
      'stopped',
      [],
    ]);
  });
});

function because(missing: string | null): string {
  return missing === null ? '' : ` (not here: ${missing})`;
}
