import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const CHECK = join(process.cwd(), 'scripts/check-arrows.js');
const LIB = 'libs/nestjs/src';

/** What the planted files import. */
const TARGETS: Record<string, string> = {
  'libs/contract/src/index.ts': 'export const a = 1;',
  'libs/nestjs/src/index.ts': 'export const a = 1;',
  'libs/client/src/index.ts': 'export const a = 1;',
  'libs/nestjs/src/tasks/other-half.ts': "export { b as c } from './wrong-cycle.js';",
  ...Object.fromEntries(
    ['domain', 'ports', 'persistence', 'http', 'tasks', 'jobs', 'gateway', 'testing', 'attic'].map((room) => [
      `${LIB}/${room}/target.ts`,
      'export const a = 1;',
    ]),
  ),
};

/** Rule, file, content: each breaks that rule. */
const WRONG: readonly [rule: string, file: string, content: string][] = [
  ['room-domain', `${LIB}/domain/wrong-port.ts`, "import { a } from '../ports/target.js'; export const b = a;"],
  ['room-domain', `${LIB}/domain/wrong-type.ts`, "import type { a } from '../persistence/target.js'; export type B = typeof a;"],
  ['room-ports', `${LIB}/ports/wrong.ts`, "import { a } from '../persistence/target.js'; export const b = a;"],
  ['room-persistence', `${LIB}/persistence/wrong.ts`, "export { a } from '../tasks/target.js';"],
  ['room-http', `${LIB}/http/wrong.ts`, "import { a } from '../persistence/target.js'; export const b = a;"],
  ['room-tasks', `${LIB}/tasks/wrong-feature.ts`, "import { a } from '../jobs/target.js'; export const b = a;"],
  ['room-tasks', `${LIB}/tasks/wrong-lazy.ts`, "export const b = () => import('../gateway/target.js');"],
  ['room-workers', `${LIB}/workers/wrong.ts`, "import { a } from '../index.js'; export const b = a;"],
  ['room-providers', `${LIB}/providers/wrong-feature.ts`, "import { a } from '../tasks/target.js'; export const b = a;"],
  ['room-result-backend', `${LIB}/result-backend/wrong.ts`, "import { a } from '../persistence/target.js'; export const b = a;"],
  ['room-sweeper', `${LIB}/sweeper/wrong.ts`, "import { a } from '../gateway/target.js'; export const b = a;"],
  ['room-testing', `${LIB}/testing/wrong.ts`, "import { a } from '../persistence/target.js'; export const b = a;"],
  ['room-unknown', `${LIB}/wrong-room.module.ts`, "import { a } from './attic/target.js'; export const b = a;"],
  ['testing-only-from-specs', `${LIB}/wrong-fake.module.ts`, "import { a } from './testing/target.js'; export const b = a;"],
  ['socket-io-only-in-gateway', `${LIB}/tasks/wrong-socket.ts`, "import type { Server } from 'socket.io'; export type B = Server;"],
  [
    'socket-io-only-in-gateway',
    `${LIB}/workers/wrong-nest-socket.ts`,
    "import { WebSocketGateway } from '@nestjs/websockets'; export const b = WebSocketGateway;",
  ],
  ['database-only-in-persistence', `${LIB}/jobs/wrong-orm.ts`, "import type { DataSource } from 'typeorm'; export type B = DataSource;"],
  [
    'database-only-in-persistence',
    `${LIB}/http/wrong-driver.ts`,
    "import { DatabaseSync } from 'node:sqlite'; export const b = DatabaseSync;",
  ],
  ['domain-is-pure', `${LIB}/domain/wrong-nest.ts`, "import { Injectable } from '@nestjs/common'; export const b = Injectable;"],
  ['domain-is-pure', `${LIB}/domain/wrong-file.ts`, "import { readFileSync } from 'node:fs'; export const b = readFileSync;"],
  ['package-contract', 'libs/contract/src/wrong-package.ts', "import { a } from '@joblib/nestjs'; export const b = a;"],
  ['package-nestjs', `${LIB}/tasks/wrong-package.ts`, "import { a } from '@joblib/client'; export const b = a;"],
  ['package-redis', 'libs/redis/src/wrong-package.ts', "import { a } from '@joblib/client'; export const b = a;"],
  ['package-cli', 'libs/cli/src/wrong-package.ts', "import { a } from '@joblib/nestjs'; export const b = a;"],
  ['package-client', 'libs/client/src/wrong-package.ts', "import { a } from '@joblib/nestjs'; export const b = a;"],
  ['contract-has-no-dependencies', 'libs/contract/src/wrong-dependency.ts', "import Ajv from 'ajv'; export const b = Ajv;"],
  [
    'nest-only-in-server-packages',
    'libs/client/src/wrong-nest.ts',
    "import { Injectable } from '@nestjs/common'; export const b = Injectable;",
  ],
  ['package-by-its-name', `${LIB}/domain/wrong-path.ts`, "import { a } from '../../../contract/src/index.js'; export const b = a;"],
  ['only-what-a-package-exports', 'src/wrong-path.ts', "import { a } from '../libs/nestjs/src/index.js'; export const b = a;"],
  ['only-what-a-package-exports', 'src/wrong-deep.ts', "import { a } from '@joblib/nestjs/dist/tasks/target.js'; export const b = a;"],
  ['only-what-a-package-exports', 'examples/wrong-path.ts', "import { a } from '../libs/nestjs/src/index.js'; export const b = a;"],
  ['no-cycle', `${LIB}/tasks/wrong-cycle.ts`, "import { c } from './other-half.js'; export const b = () => c;"],
  ['sql-only-in-persistence', `${LIB}/tasks/wrong-sql.ts`, "export const sql = 'SELECT id FROM task';"],
  ['sql-only-in-persistence', `${LIB}/gateway/wrong-sql.ts`, 'export const sql = (id: number) => `\n  DELETE FROM task WHERE id = ${id}`;'],
  ['sql-only-in-persistence', 'src/wrong-sql.ts', "export const sql = 'UPDATE task SET status = 1';"],
  ['environment-only-at-the-edge', `${LIB}/jobs/wrong-environment.ts`, "export const port = process.env['PORT'];"],
  ['environment-only-at-the-edge', 'src/health/wrong-environment.ts', 'const { env } = process; export const port = env;'],
  [
    'environment-only-at-the-edge',
    'libs/contract/src/wrong-environment.ts',
    "import { env } from 'node:process'; export const port = env;",
  ],
  ['time-only-from-the-clock', `${LIB}/domain/wrong-now.ts`, 'export const now = () => Date.now();'],
  ['time-only-from-the-clock', 'src/auth/wrong-date.ts', 'export const now = () => new Date();'],
  ['publish-only-after-commit', `${LIB}/tasks/wrong-publish.ts`, 'export const b = (events: { publish(): void }) => events.publish();'],
];

/** None of these breaks a rule. */
const RIGHT: Record<string, string> = {
  [`${LIB}/ports/clock.ts`]: 'export const now = () => Date.now();',
  [`${LIB}/domain/date.ts`]: 'export const date = (epochMs: number) => new Date(epochMs);',
  [`${LIB}/tasks/right.ts`]:
    "import { a } from '../domain/target.js'; import { a as b } from '../persistence/target.js'; import { a as c } from '@joblib/contract'; export const d = [a, b, c];",
  [`${LIB}/tasks/right.spec.ts`]: "import { a } from '../testing/target.js'; export const sql = [a, 'SELECT 1', Date.now()];",
  [`${LIB}/persistence/right.ts`]:
    "import type { QueryRunner } from 'typeorm'; export const sql = 'SELECT 1'; export type B = QueryRunner;",
  [`${LIB}/persistence/unit-of-work.ts`]: 'export const b = (events: { publish(): void }) => events.publish();',
  [`${LIB}/gateway/right.ts`]:
    "import type { Server } from 'socket.io'; import { a } from '../tasks/target.js'; export const b = a; export type C = Server;",
  [`${LIB}/joblib.module.ts`]:
    "import { a } from './gateway/target.js'; import type { DataSource } from 'typeorm'; export const b = [a, process.env]; export type C = DataSource;",
  'src/config/environment.ts': "export const port = process.env['PORT'];",
  'src/right.ts': "import { a } from '@joblib/nestjs'; export const b = a;",
};

describe('check:arrows', () => {
  let root: string;
  let reported: string[];
  let exitCode: number | null;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'joblib-arrows-'));
    const files = [...Object.entries({ ...TARGETS, ...RIGHT }), ...WRONG.map(([, file, content]) => [file, content] as const)];
    for (const [file, content] of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), `${content}\n`);
    }
    const run = spawnSync(process.execPath, [CHECK, root], { cwd: root, encoding: 'utf8' });
    reported = run.stderr.split('\n').filter((line) => line !== '');
    exitCode = run.status;
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('fails when something is in the wrong room', () => {
    expect(exitCode).toBe(1);
  });

  it.each(WRONG)('reports %s in %s', (rule, file) => {
    expect(reported.filter((line) => line.startsWith(`${rule}: `) && line.includes(file))).not.toEqual([]);
  });

  it.each(Object.keys(RIGHT))('accepts %s', (file) => {
    expect(reported.filter((line) => line.includes(`: ${file}`))).toEqual([]);
  });

  it('has a planted violation of every named rule', () => {
    const sources = ['import-rules.js', 'syntax-rules.js']
      .map((file) => readFileSync(join(process.cwd(), 'scripts/arrows', file), 'utf8'))
      .join('\n');
    const names = [...sources.matchAll(/name: '([\w-]+)'/g)].map(([, name]) => name);
    const planted = new Set(WRONG.map(([rule]) => rule));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => name !== undefined && !planted.has(name))).toEqual([]);
  });
});
