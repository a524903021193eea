import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Playground } from './server-process.js';

const SECRET = 'a secret of more than thirty-two bytes';
const playground = new Playground();

afterEach(() => playground.clear());

describe('npm run token', () => {
  it('prints a token that the service of the same folder accepts, and nothing else', async () => {
    const folder = playground.folder();
    const token = await playground.token(folder, ['--sub', 'alice', '--superuser']);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(decodeJwt(token)).toMatchObject({ sub: 'alice', is_superuser: true });
    const address = await playground.start(folder).listening();
    const response = await fetch(`${address}/v1/joblib/workers`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
  });

  it('is valid for twelve hours, or as long as it is told', async () => {
    const folder = playground.folder();
    for (const [args, seconds] of [
      [[], 43_200],
      [['--expires-in', '90s'], 90],
      [['--expires-in', '7d'], 604_800],
    ] as const) {
      const { iat = 0, exp = 0 } = decodeJwt(await playground.token(folder, ['--sub', 'alice', ...args]));
      expect(exp - iat).toBe(seconds);
    }
  });

  it('carries the configured audience and issuer, and makes no file when the secret is configured', async () => {
    const folder = playground.folder();
    const environment = { ZNDRAW_JOBLIB_JWT_SECRET: SECRET, ZNDRAW_JOBLIB_JWT_AUDIENCE: 'joblib', ZNDRAW_JOBLIB_JWT_ISSUER: 'me' };
    expect(decodeJwt(await playground.token(folder, ['--sub', 'alice'], environment))).toMatchObject({ aud: 'joblib', iss: 'me' });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it.each([
    ['without a user', [], {}, /^no token: --sub is missing/],
    ['with an unknown option', ['--sub', 'alice', '--admin'], {}, /^no token: .*--admin/],
    ['with a strange duration', ['--sub', 'alice', '--expires-in', 'tomorrow'], {}, /^no token: --expires-in is 'tomorrow'/],
    [
      'when only a JWKS address is configured',
      ['--sub', 'alice'],
      { ZNDRAW_JOBLIB_JWKS_URL: 'http://localhost/jwks' },
      /^no token: Only ZNDRAW_JOBLIB_JWKS_URL/,
    ],
    [
      'when the server makes a secret of its own in memory',
      ['--sub', 'alice'],
      { DATABASE_URL: 'sqlite::memory:' },
      /^no token: DATABASE_URL is in memory/,
    ],
  ])('refuses %s in one line', async (_when, args, environment, line) => {
    const refusal = await playground.token(playground.folder(), args, environment).catch((error: Error) => error.message);
    expect(refusal).toMatch(line);
    expect(refusal.trim()).not.toContain('\n');
  });
});
