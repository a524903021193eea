import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { readServiceConfig } from './service-config.js';

const LONG_SECRET = 'a secret of more than thirty-two bytes';

describe('readServiceConfig', () => {
  it('needs nothing for a first run', () => {
    expect(readServiceConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8000,
      database: { engine: 'sqlite', file: 'data/joblib.sqlite' },
      databasePoolSize: 10,
      redisUrl: null,
      migrate: true,
      identity: { secret: null, jwksUrl: null, audience: null, issuer: null, superusers: [] },
      corsOrigins: [],
      logLevel: 'log',
      joblibFile: null,
    });
  });

  it('takes empty variables for unset ones', () => {
    const names = ['HOST', 'PORT', 'DATABASE_URL', 'REDIS_URL', 'JOBLIB_CONFIG', 'ZNDRAW_JOBLIB_JWT_SECRET', 'CORS_ORIGINS', 'LOG_LEVEL'];
    expect(readServiceConfig(Object.fromEntries(names.map((name) => [name, '']))).port).toBe(8000);
  });

  it.each([
    ['sqlite::memory:', null],
    ['sqlite:some/data.db', 'some/data.db'],
    ['sqlite:/var/data.db', '/var/data.db'],
    ['sqlite:///var/data.db', '///var/data.db'],
  ])('reads the database address %s', (url, file) => {
    expect(readServiceConfig({ DATABASE_URL: url }).database).toEqual({ engine: 'sqlite', file });
  });

  it.each(['postgres://me:p%40ss@db.example.org:5433/jobs?sslmode=require', 'postgresql://db/jobs'])(
    'reads the database address %s',
    (url) => {
      expect(readServiceConfig({ DATABASE_URL: url }).database).toEqual({ engine: 'postgres', url });
    },
  );

  it.each(['redis://cache', 'redis://:p%40ss@cache.example.org:6380/2', 'rediss://me:secret@cache/', 'redis://[::1]:6379'])(
    'reads the address %s of Redis',
    (url) => {
      expect(readServiceConfig({ REDIS_URL: url }).redisUrl).toBe(url);
    },
  );

  it.each(['cache:6379', 'http://cache', 'redis://', 'redis://cache/jobs', 'redis:cache'])('refuses %s for the address of Redis', (url) => {
    expect(refusalOf({ REDIS_URL: url })).toMatch(/^REDIS_URL is '.*'; it has to be redis:/);
  });

  it.each([
    ['["a b","c,d"]', ['a b', 'c,d']],
    ['alice, bob', ['alice', 'bob']],
    ['alice', ['alice']],
  ])('reads the list of superusers %s', (text, superusers) => {
    expect(readServiceConfig({ ZNDRAW_JOBLIB_SUPERUSERS: text }).identity.superusers).toEqual(superusers);
  });

  it('reads origins as browsers send them', () => {
    const { corsOrigins } = readServiceConfig({ CORS_ORIGINS: 'https://App.example.org/, http://localhost:5173' });
    expect(corsOrigins).toEqual(['https://app.example.org', 'http://localhost:5173']);
  });

  it.each([
    { PORT: '80x' },
    { PORT: '65536' },
    { PORT: '-1' },
    { DATABASE_URL: 'mysql://localhost/jobs' },
    { DATABASE_URL: 'sqlite:' },
    { DATABASE_URL: 'sqlite://data.db' },
    { DATABASE_URL: 'postgres://db' },
    { DATABASE_URL: 'postgres:jobs' },
    { DATABASE_POOL_SIZE: '0' },
    { DATABASE_MIGRATE: 'maybe' },
    { ZNDRAW_JOBLIB_JWKS_URL: 'ftp://keys.example.org' },
    { ZNDRAW_JOBLIB_SUPERUSERS: '["alice", 7]' },
    { ZNDRAW_JOBLIB_SUPERUSERS: 'alice,,bob' },
    { CORS_ORIGINS: 'app.example.org' },
    { CORS_ORIGINS: 'https://app.example.org/page' },
    { LOG_LEVEL: 'loud' },
  ])('refuses %j in one line that names the variable and its value', (environment) => {
    const [name, value] = Object.entries(environment)[0] ?? [];
    const refusal = refusalOf(environment);
    expect(refusal).toContain(`${name} is '`);
    expect(refusal).toContain(String(value).split(',')[0]);
    expect(refusal).not.toContain('\n');
  });

  it('names the configuration file without reading it', () => {
    expect(readServiceConfig({ JOBLIB_CONFIG: ' etc/joblib.yaml ' }).joblibFile).toBe('etc/joblib.yaml');
  });

  it('repeats no password', () => {
    expect(refusalOf({ REDIS_URL: 'http://:geheim@cache' })).not.toContain('geheim');
    expect(refusalOf({ DATABASE_URL: 'postgres://me:geheim@db' })).not.toContain('geheim');
    expect(refusalOf({ DATABASE_URL: 'postgres://me:ge@heim@db' })).not.toMatch(/ge|heim/);
  });

  it('refuses a short secret without repeating it', () => {
    const refusal = refusalOf({ ZNDRAW_JOBLIB_JWT_SECRET: 'hunter2' });
    expect(refusal).toContain('ZNDRAW_JOBLIB_JWT_SECRET has 7 bytes');
    expect(refusal).not.toContain('hunter2');
  });

  it('refuses production without a secret or a JWKS address', () => {
    expect(refusalOf({ NODE_ENV: 'production' })).toContain('ZNDRAW_JOBLIB_JWT_SECRET or ZNDRAW_JOBLIB_JWKS_URL');
    expect(readServiceConfig({ NODE_ENV: 'production', ZNDRAW_JOBLIB_JWT_SECRET: LONG_SECRET }).identity.secret).toBe(LONG_SECRET);
    expect(
      readServiceConfig({ NODE_ENV: 'production', ZNDRAW_JOBLIB_JWKS_URL: 'https://id.example.org/jwks' }).identity.jwksUrl?.host,
    ).toBe('id.example.org');
  });
});

function refusalOf(environment: Environment): string {
  try {
    readServiceConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(environment)} was accepted`);
}
