import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import { parseDatabaseUrl } from '../../src/config/database-url.js';
import { codeRowsOf, readPage } from '../docs/markdown.js';
import { composeDefects, readCompose, variablesIn } from './compose-file.js';
import { copiesOf, dockerfileDefects, stepsOf } from './dockerfile.js';

const text = (path: string): string => readFileSync(path, 'utf8');

/** With a version of its own, so that tomorrow's build is today's. */
const PINNED_IMAGE = /^[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.-]+)?$/;

describe('docker-compose.yml', () => {
  const yaml = text('docker-compose.yml');
  const { services, volumes = {} } = readCompose(yaml);
  const named = Object.entries(services);

  it('is a compose file', () => {
    expect(composeDefects(yaml)).toEqual([]);
  });

  it('has the service and PostgreSQL', () => {
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['service', 'postgres']));
  });

  it.each(named)('has %s pinned, watched and restarted', (_, { image, healthcheck, restart }) => {
    expect(image).toMatch(PINNED_IMAGE);
    expect(healthcheck?.test[0]).toMatch(/^CMD(-SHELL)?$/);
    expect(restart).toBe('unless-stopped');
  });

  it('starts nothing before what it depends on is healthy', () => {
    const conditions = named.flatMap(([, { depends_on = {} }]) => Object.values(depends_on).map(({ condition }) => condition));
    expect(conditions.length).toBeGreaterThan(0);
    expect(new Set(conditions)).toEqual(new Set(['service_healthy']));
  });

  it('keeps data in volumes that it declares', () => {
    const mounted = named.flatMap(([, service]) => (service.volumes ?? []).map((volume) => volume.split(':')[0]));
    expect(mounted.sort()).toEqual(Object.keys(volumes).sort());
  });

  it('sets only what the configuration page has', () => {
    const documented = codeRowsOf(readPage('configuration.md')).map(([name]) => name);
    const set = Object.keys(services['service']?.environment ?? {});
    expect(set.length).toBeGreaterThan(1);
    expect(set.filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('gives the service a database that it can read the address of', () => {
    const url = services['service']?.environment?.['DATABASE_URL']?.replace(/\$\{[^}]*\}/, 'password') ?? '';
    expect(parseDatabaseUrl(url)).toEqual({ engine: 'postgres', url: 'postgres://joblib:password@postgres:5432/joblib' });
  });

  it('knows no secret, and does not start without those of its owner', () => {
    const secrets = variablesIn(yaml).filter(({ name }) => /SECRET|PASSWORD/.test(name));
    expect(new Set(secrets.map(({ name }) => name))).toEqual(new Set(['POSTGRES_PASSWORD', 'ZNDRAW_JOBLIB_JWT_SECRET']));
    expect(secrets.filter(({ otherwise }) => !otherwise.startsWith(':?'))).toEqual([]);
    const plain = named.flatMap(([, { environment = {} }]) => Object.entries(environment).filter(([name]) => /SECRET|PASSWORD/.test(name)));
    expect(plain.filter(([, value]) => !/^\$\{[^}]+\}$/.test(value))).toEqual([]);
  });
});

describe('the check of compose files', () => {
  it('finds what the schema does not allow', () => {
    expect(composeDefects('services: { a: { image: 5 } }')).toContain('/services/a/image must be string');
    expect(composeDefects('service: {}')).not.toEqual([]);
  });
});

describe('Dockerfile', () => {
  const dockerfile = text('Dockerfile');
  const steps = stepsOf(dockerfile);
  const last = (keyword: string): readonly string[] => steps.findLast((step) => step.keyword === keyword)?.words ?? [];

  it('has nothing that the linter objects to', () => {
    expect(dockerfileDefects(dockerfile)).toEqual([]);
  });

  it('builds in one stage and runs in another, on one pinned image', () => {
    const images = steps.filter(({ keyword }) => keyword === 'FROM').map(({ words }) => words[0]);
    expect(images).toHaveLength(2);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(PINNED_IMAGE);
  });

  it('copies only what is there, and what .dockerignore lets through', () => {
    const sources = copiesOf(dockerfile).flatMap(({ from, sources: paths }) => (from === null ? paths : []));
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((path) => !existsSync(path))).toEqual([]);
    const letThrough = text('.dockerignore').match(/^!.*/gm) ?? [];
    expect(letThrough.map((line) => line.slice(1)).sort()).toEqual(sources.sort());
  });

  it('takes from the build what the service is made of', () => {
    const built = copiesOf(dockerfile).flatMap(({ from, sources }) => (from === 'build' ? sources : []));
    expect(built).toEqual(['package.json', 'node_modules', 'libs', 'dist'].map((path) => `/app/${path}`));
  });

  it('builds what `npm run build` and `npm run typeorm` build, but for the demo', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: { build: string; typeorm: string } };
    const asked = [scripts.build.replaceAll(/ examples\/\S+/g, ''), ...scripts.typeorm.split(' && ').slice(1, 2)];
    const run = steps.filter(({ keyword }) => keyword === 'RUN').map(({ words }) => words.join(' '));
    const built = run.find((line) => line.includes('tsc -b')) ?? '';
    expect(built.split(' && ')).toEqual([...asked.map((step) => `npx ${step}`), 'npm prune --omit=dev']);
  });

  it('prunes nothing that the service imports', () => {
    const { dependencies } = JSON.parse(text('package.json')) as { dependencies: object };
    const files = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js'));
    const imports = files.flatMap((path) => ts.preProcessFile(text(join('dist', path))).importedFiles.map(({ fileName }) => fileName));
    const packages = imports
      .filter((name) => !name.startsWith('.') && !isBuiltin(name))
      .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
    expect(packages.length).toBeGreaterThan(10);
    expect([...new Set(packages)].filter((name) => !(name in dependencies))).toEqual([]);
  });

  it('starts what `npm start` starts, below a process that ends orphans', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: { start: string } };
    expect(last('CMD').join(' ')).toBe(scripts.start.split(' && ').at(-1));
    expect(last('ENTRYPOINT')).toEqual(['tini', '--']);
  });

  it('runs as nobody in particular, is watched, and keeps SQLite’s file in a volume', () => {
    expect(last('USER')).toEqual(['node']);
    expect(last('HEALTHCHECK').join(' ')).toContain('/health/live');
    expect(last('VOLUME')).toEqual(['/app/data']);
    expect(last('ENV').join(' ')).toContain('NODE_ENV=production');
  });
});

describe('the check of Dockerfiles', () => {
  it('finds what no builder would take', () => {
    expect(dockerfileDefects('FROM node:24\nCOYP a b\n')).toEqual(['line 2: Unknown instruction: COYP']);
  });
});
