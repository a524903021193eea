import { createSecretKey } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, jwtVerify } from 'jose';

import { Playground } from '../service/server-process.js';
import { CliProcess } from './cli-process.js';
import type { Ending } from './cli-process.js';

const SECRET = 'a secret of more than thirty-two bytes';
const playground = new Playground();

afterEach(() => playground.clear());

function token(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ending> {
  return new CliProcess(['token', '--sub', 'ada', ...args], { folder, env }).ended();
}

describe('joblib token', () => {
  it('signs with the secret that a service made: the service takes it', async () => {
    const folder = playground.folder();
    const address = await playground.start(folder).listening();
    const { code, stdout, stderr } = await token(playground.folder(), ['--superuser', '--folder', folder]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const response = await fetch(`${address}/v1/me`, { headers: { authorization: `Bearer ${stdout.trim()}` } });
    expect(await response.json()).toEqual({ id: 'ada', is_superuser: true });
  });

  it('says the same as the token of the service’s own script', async () => {
    const folder = playground.folder();
    const env = { ZNDRAW_JOBLIB_JWT_SECRET: SECRET, ZNDRAW_JOBLIB_JWT_AUDIENCE: 'joblib', ZNDRAW_JOBLIB_JWT_ISSUER: 'me' };
    const args = ['--superuser', '--expires-in', '7d'];
    const ours = (await token(folder, args, env)).stdout.trim();
    const theirs = await playground.token(folder, ['--sub', 'ada', ...args], env);
    const key = createSecretKey(Buffer.from(SECRET));
    const [mine, other] = [await jwtVerify(ours, key), await jwtVerify(theirs, key)];
    const { iat = 0, exp = 0 } = mine.payload;
    expect(exp - iat).toBe(604_800);
    expect(mine.protectedHeader).toEqual(other.protectedHeader);
    expect({ ...mine.payload, iat: 0, exp: 0 }).toEqual({ ...other.payload, iat: 0, exp: 0 });
  });

  it('reads the .env file of the folder, and the environment wins', async () => {
    const folder = playground.folder();
    writeFileSync(join(folder, '.env'), `ZNDRAW_JOBLIB_JWT_SECRET="${SECRET}"\nZNDRAW_JOBLIB_JWT_ISSUER=file\n`);
    const { stdout } = await token(folder, ['--json'], { ZNDRAW_JOBLIB_JWT_ISSUER: 'environment' });
    const { token: signed } = JSON.parse(stdout) as { token: string };
    await jwtVerify(signed, createSecretKey(Buffer.from(SECRET)), { issuer: 'environment' });
    const { iat = 0, exp = 0, is_superuser: isSuperuser } = decodeJwt(signed);
    expect([exp - iat, isSuperuser]).toEqual([43_200, undefined]);
  });

  it('finds the secret beside a database that is elsewhere', async () => {
    const folder = playground.folder();
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(join(folder, 'elsewhere/jwt-secret'), `${SECRET}\n`);
    const { stdout } = await token(folder, [], { DATABASE_URL: 'sqlite:elsewhere/joblib.sqlite' });
    await expect(jwtVerify(stdout.trim(), createSecretKey(Buffer.from(SECRET)))).resolves.toMatchObject({ payload: { sub: 'ada' } });
  });

  it('makes no secret that no service knows', async () => {
    const folder = playground.folder();
    const { code, stderr } = await token(folder, []);
    expect(stderr).toMatch(/^joblib: No secret to sign with: .* there is no .*data\/jwt-secret\. Start the service once, .*\n$/);
    expect([code, existsSync(join(folder, 'data'))]).toEqual([1, false]);
  });

  it.each<[string, Record<string, string>, number, RegExp]>([
    ['a short secret', { ZNDRAW_JOBLIB_JWT_SECRET: 'short' }, 2, /has 5 bytes; it has to be at least 32/],
    ['keys of somebody else', { ZNDRAW_JOBLIB_JWKS_URL: 'http://localhost/jwks' }, 1, /Only ZNDRAW_JOBLIB_JWKS_URL is set/],
    ['a database in memory', { DATABASE_URL: 'sqlite::memory:' }, 1, /DATABASE_URL is in memory/],
    ['a database of another kind', { DATABASE_URL: 'mysql://host' }, 2, /DATABASE_URL is neither/],
  ])('refuses %s in one line', async (_, env, exitCode, line) => {
    const { code, stdout, stderr } = await token(playground.folder(), [], env);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^joblib: [^\n]*\n$/);
    expect([code, stdout]).toEqual([exitCode, '']);
  });
});
