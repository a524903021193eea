import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Caller, CredentialSource } from '@joblib/nestjs';
import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { JwtIdentity } from './jwt-identity.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'a secret of more than thirty-two bytes';
const START_MS = Date.UTC(2026, 0, 31, 12);

let nowMs: number;
let verifier: TokenVerifier;
let identity: JwtIdentity;

beforeEach(() => {
  nowMs = START_MS;
  verifier = new TokenVerifier({ secret: SECRET, jwks: null, audience: null, issuer: null });
  identity = new JwtIdentity(verifier, { now: () => nowMs }, ['root']);
});

describe('JwtIdentity', () => {
  it('tells who sent a token, in the header of a request or the handshake of a socket', async () => {
    const token = await sign({ sub: 'alice' });
    for (const source of [{ authorization: `Bearer ${token}` }, { authorization: `bearer  ${token}` }, { auth: { token } }]) {
      await expect(authenticate(source)).resolves.toEqual({ id: 'alice', isSuperuser: false });
    }
  });

  it.each([
    [{ sub: 'alice', is_superuser: true }, true],
    [{ sub: 'root' }, true],
    [{ sub: 'alice', is_superuser: 'true' }, false],
    [{ sub: 'alice', is_superuser: 1 }, false],
    [{ sub: 'Root' }, false],
  ])('takes %j for a superuser: %s', async (claims, isSuperuser) => {
    await expect(withToken(await sign(claims))).resolves.toEqual({ id: claims.sub, isSuperuser });
  });

  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Basic YWxpY2U6eA==' },
    { auth: {} },
    { auth: 'token' },
    { auth: { token: 7 } },
    { auth: null },
  ])('refuses a request with %j for a token', async (source) => {
    await expectRefused(authenticate(source), 'No bearer token was sent.');
  });

  it('refuses a token with another signature, another body, or none of either', async () => {
    const token = await sign({ sub: 'alice' });
    const [header, , signature] = token.split('.');
    const forged = [
      await sign({ sub: 'alice' }, 'another secret of more than thirty-two bytes'),
      `${header}.${encode({ sub: 'bob' })}.${signature}`,
      `${token.slice(0, -2)}AA`,
      `${token}.x`,
      'nothing.like.it',
      'x',
    ];
    for (const each of forged) await expectRefused(withToken(each));
  });

  it('refuses tokens that need no signature, however they spell it', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      for (const signature of ['', 'x'])
        await expectRefused(withToken(`${encode({ alg, typ: 'JWT' })}.${encode({ sub: 'alice' })}.${signature}`));
    }
  });

  it('refuses other algorithms, although they use the same secret', async () => {
    for (const alg of ['HS384', 'HS512']) await expectRefused(withToken(await sign({ sub: 'alice' }, SECRET, alg)));
  });

  it('refuses a token whose signer calls an unknown extension critical', async () => {
    const head = `${encode({ alg: 'HS256', crit: ['x'], x: 1 })}.${encode({ sub: 'alice' })}`;
    const signature = createHmac('sha256', SECRET).update(head).digest('base64url');
    await expectRefused(withToken(`${head}.${signature}`));
  });

  it.each([{}, { sub: '' }, { sub: 7 }, { sub: ['alice'] }, { sub: 'alice', exp: 'tomorrow' }, { sub: 'alice', nbf: 'today' }])(
    'refuses the claims %j',
    async (claims) => {
      await expectRefused(withToken(await sign(claims as JWTPayload)));
    },
  );

  it('refuses a token before its time, and from the second in which it expires', async () => {
    const token = await sign({ sub: 'alice', nbf: START_MS / 1000 + 10, exp: START_MS / 1000 + 60 });
    await expectRefused(withToken(token), 'The token is not valid yet.');
    nowMs = START_MS + 10_000;
    await expect(withToken(token)).resolves.toMatchObject({ id: 'alice' });
    nowMs = START_MS + 60_000;
    await expectRefused(withToken(token), 'The token has expired.');
  });

  it('checks audience and issuer when they are configured', async () => {
    verifier = new TokenVerifier({ secret: SECRET, jwks: null, audience: 'joblib', issuer: 'https://id.example.org' });
    identity = new JwtIdentity(verifier, { now: () => nowMs }, []);
    const right = { sub: 'alice', aud: ['other', 'joblib'], iss: 'https://id.example.org' };
    await expect(withToken(await sign(right))).resolves.toMatchObject({ id: 'alice' });
    for (const wrong of [{ ...right, aud: 'other' }, { ...right, iss: 'https://evil.example.org' }, { sub: 'alice' }]) {
      await expectRefused(withToken(await sign(wrong)));
    }
  });

  it('checks the signature of a token once in five minutes', async () => {
    const verify = jest.spyOn(verifier, 'verify');
    const token = await sign({ sub: 'alice' });
    for (const atMs of [0, 1, 299_999]) {
      nowMs = START_MS + atMs;
      await withToken(token);
    }
    expect(verify).toHaveBeenCalledTimes(1);
    nowMs = START_MS + 300_000;
    await withToken(token);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('looks at the token of every request, also on a connection that has sent one before', async () => {
    const [alice, bob] = [await sign({ sub: 'alice' }), await sign({ sub: 'bob', exp: START_MS / 1000 + 60 })];
    const request = { raw: { socket: {} } };
    const send = (token: string, on: unknown = request): Promise<Caller> =>
      identity.authenticate({ authorization: `Bearer ${token}`, request: on });
    for (const token of [alice, alice, alice, bob, bob, bob, alice]) {
      await expect(send(token)).resolves.toMatchObject({ id: token === bob ? 'bob' : 'alice' });
    }
    for (let times = 0; times < 3; times += 1) await expectRefused(send(`${alice}x`));
    await expectRefused(identity.authenticate({ authorization: undefined, request }), 'No bearer token was sent.');
    for (let times = 0; times < 3; times += 1) await send(bob);
    nowMs = START_MS + 60_000;
    await expectRefused(send(bob), 'The token has expired.');
    await expect(send(alice, { raw: { socket: {} } })).resolves.toMatchObject({ id: 'alice' });
  });

  it('checks the signature of a token once in five minutes on one connection, too', async () => {
    const verify = jest.spyOn(verifier, 'verify');
    const source = { authorization: `Bearer ${await sign({ sub: 'alice' })}`, request: { raw: { socket: {} } } };
    for (const atMs of [0, 1, 2, 299_999]) {
      nowMs = START_MS + atMs;
      await identity.authenticate(source);
    }
    expect(verify).toHaveBeenCalledTimes(1);
    nowMs = START_MS + 300_000;
    await identity.authenticate(source);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('never remembers a refusal', async () => {
    const token = await sign({ sub: 'alice', nbf: START_MS / 1000 + 1 });
    await expectRefused(withToken(token));
    nowMs = START_MS + 1000;
    await expect(withToken(token)).resolves.toMatchObject({ id: 'alice' });
  });
});

function authenticate(source: Omit<CredentialSource, 'request'>): Promise<Caller> {
  return identity.authenticate({ ...source, request: null });
}

function withToken(token: string): Promise<Caller> {
  return authenticate({ authorization: `Bearer ${token}` });
}

function sign(claims: JWTPayload, secret = SECRET, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(secret));
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function expectRefused(answer: Promise<Caller>, detail?: string): Promise<void> {
  const headers = { 'WWW-Authenticate': 'Bearer' };
  await expect(answer).rejects.toMatchObject({ problem: 'Unauthorized', headers, ...(detail === undefined ? {} : { message: detail }) });
}
