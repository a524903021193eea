import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createBarePostgresDatabase } from '../support/postgres-databases.js';

const MODULES = join(process.cwd(), 'node_modules');
const CONFIG = join(process.cwd(), 'dist/orm/ormconfig.js');
const env = process.env;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'joblib-orm-'));
  // What `npm run typeorm` does first.
  execFileSync(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', 'tsconfig.ormconfig.json']);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** TypeORM's command line, as `npm run typeorm -- <command>` calls it, with nothing but the database in its environment. */
async function typeorm(command: string, databaseUrl: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(MODULES, 'typeorm/cli.js'), '-d', CONFIG, command], {
    cwd: folder,
    env: { PATH: env['PATH'], DATABASE_URL: databaseUrl, NO_COLOR: '1' },
  });
  return stdout;
}

async function expectMigrations(databaseUrl: string): Promise<void> {
  const pending = (await typeorm('migration:show', databaseUrl)).match(/^\[ \] .*$/gm);
  expect(pending?.[0]).toContain('InitialSchema');
  expect(await typeorm('migration:run', databaseUrl)).toMatch(/has been\s+executed successfully/);
  const shown = await typeorm('migration:show', databaseUrl);
  expect(shown.match(/^\[X\] .*$/gm)).toHaveLength(pending?.length ?? 0);
  expect(shown).not.toContain('[ ]');
}

describe('ormconfig.ts', () => {
  it('is what `npm run typeorm` compiles and uses', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(scripts['typeorm']).toMatch(/tsc -b tsconfig\.ormconfig\.json && typeorm -d dist\/orm\/ormconfig\.js$/);
  });

  it('shows and runs the migrations of a SQLite file', () => expectMigrations('sqlite:joblib.sqlite'));

  const onPostgres = env['JOBLIB_TEST_POSTGRES_URL'] === undefined ? it.skip : it;
  onPostgres(`shows and runs the migrations of a PostgreSQL database ${env['JOBLIB_TEST_POSTGRES_MISSING'] ?? ''}`.trim(), async () => {
    const { url, drop } = await createBarePostgresDatabase();
    try {
      await expectMigrations(url);
    } finally {
      await drop();
    }
  });

  it('refuses an address that is none, without its password', async () => {
    await expect(typeorm('migration:show', 'mysql://user:secret@host/db')).rejects.toMatchObject({
      code: 1,
      stdout: expect.not.stringContaining('secret'),
      stderr: expect.stringMatching(/DATABASE_URL is 'mysql:\/\/\*\*\*@host\/db'/),
    });
  });
});
