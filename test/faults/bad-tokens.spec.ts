import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { JoblibUser } from '../support/joblib-user.js';
import { expectProblem } from './expect-problem.js';
import { aQueue } from './queue.js';
import type { Queue } from './queue.js';
import { SECRET, serviceUser, tokenOf } from './service-users.js';

const HOUR_SECONDS = 3600;
const nowSeconds = Math.floor(Date.now() / 1000);
const GOOD = { sub: 'root', is_superuser: true, exp: nowSeconds + HOUR_SECONDS };

const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token made by hand, as nobody's library would. */
function forged(header: unknown, claims: unknown, signatureOf: (text: string) => Buffer): string {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${signatureOf(text).toString('base64url')}`;
}

const hmac =
  (key: string, hash = 'sha256') =>
  (text: string): Buffer =>
    createHmac(hash, key).update(text).digest();
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const rsa = (text: string): Buffer => sign('sha256', Buffer.from(text), privateKey);
const none = (): Buffer => Buffer.alloc(0);

const BAD: readonly [what: string, makeToken: () => string | Promise<string>][] = [
  ['expired', () => tokenOf({ ...GOOD, exp: nowSeconds - HOUR_SECONDS })],
  ['not valid yet', () => tokenOf({ ...GOOD, nbf: nowSeconds + HOUR_SECONDS })],
  ['signed with another secret', () => tokenOf(GOOD, 'another secret of more than thirty-two bytes')],
  ['signed with nothing', () => forged({ alg: 'none', typ: 'JWT' }, GOOD, none)],
  ['of no algorithm, in another spelling', () => forged({ alg: 'nOnE' }, GOOD, none)],
  ['without its signature', async () => (await tokenOf(GOOD)).replace(/[^.]*$/, '')],
  ['cut short', async () => (await tokenOf(GOOD)).slice(0, -2)],
  [
    'with other claims than were signed',
    async () => (await tokenOf({ ...GOOD, sub: 'mallory' })).replace(/\.[^.]*\./, `.${encoded(GOOD)}.`),
  ],
  ['signed with HS512', () => forged({ alg: 'HS512' }, GOOD, hmac(SECRET, 'sha512'))],
  ['signed with a key pair of its own', () => forged({ alg: 'RS256' }, GOOD, rsa)],
  ['that brings its own key', () => forged({ alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) }, GOOD, rsa)],
  ['that uses a public key as the secret', () => forged({ alg: 'HS256' }, GOOD, hmac(publicPem))],
  ['that says RS256 and is signed with the secret', () => forged({ alg: 'RS256' }, GOOD, hmac(SECRET))],
  ['without a user', () => tokenOf({ is_superuser: true })],
  ['of an empty user', () => tokenOf({ ...GOOD, sub: '' })],
  ['of a user that is a number', () => forged({ alg: 'HS256' }, { ...GOOD, sub: 7 }, hmac(SECRET))],
  ['whose claims are no object', () => forged({ alg: 'HS256' }, 'root', hmac(SECRET))],
  [
    'whose claims are no JSON',
    () => `${encoded({ alg: 'HS256' })}.bm9wZQ.${hmac(SECRET)(`${encoded({ alg: 'HS256' })}.bm9wZQ`).toString('base64url')}`,
  ],
  ['that ends at no number', () => forged({ alg: 'HS256' }, { ...GOOD, exp: 'never' }, hmac(SECRET))],
  ['that is no token', () => 'root'],
  ['that is dots', () => '..'],
  ['that is empty', () => ''],
  ['that is very long', () => 'x'.repeat(50_000)],
];

const playground = new Playground();
let service: ServiceProcess;
let address: string;
let queue: Queue;

beforeAll(async () => {
  service = playground.start(playground.folder(), { DATABASE_URL: 'sqlite::memory:', ZNDRAW_JOBLIB_JWT_SECRET: SECRET });
  address = await service.listening();
  queue = await aQueue(await serviceUser(address, 'root', true));
});
afterAll(() => playground.clear());

describe('a token', () => {
  it.each(BAD)('is refused everywhere and changes nothing: %s', async (_what, makeToken) => {
    const before = await everything();
    const bearer = new JoblibUser(address, await makeToken());
    const calls = [
      () => bearer.createWorker(),
      () => bearer.heartbeat(queue.workerId),
      () => bearer.removeWorker(queue.workerId),
      () => bearer.register('@global:modifiers:New'),
      () => bearer.submit('lab', '@global:modifiers:Rotate'),
      () => bearer.claim(queue.workerId),
      () => bearer.report(queue.pendingId, 'cancelled'),
      () => bearer.task(queue.pendingId),
      () => bearer.tasks('lab'),
      () => bearer.call('GET', '/nothing'),
    ];
    for (const call of calls) {
      const { status, headers, body } = await call();
      expectProblem({ status, headers, body }, 401, 'unauthorized');
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect(await everything()).toEqual(before);
    expect(service.stderr).toBe('');
  });

  it('is not taken from anywhere but the header, nor with another scheme', async () => {
    const { name: token } = queue.root;
    const statusWith = async (authorization: string, path = '/tasks'): Promise<number> =>
      (await queue.root.call('GET', `/rooms/lab${path}`, undefined, { authorization })).status;
    expect(await statusWith(`bearer ${token}`)).toBe(200);
    for (const authorization of [
      token,
      `Basic ${token}`,
      `Bearer${token}`,
      `Token ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer "${token}"`,
    ]) {
      expect([authorization, await statusWith(authorization)]).toEqual([authorization, 401]);
    }
    expect(await statusWith('', `/tasks?token=${token}&access_token=${token}`)).toBe(401);
  });
});

async function everything(): Promise<unknown[]> {
  const { root } = queue;
  const bodies = ['/workers', '/rooms/lab/jobs', '/rooms/lab/tasks'].map(async (path) => (await root.call('GET', path)).body);
  return Promise.all(bodies);
}
