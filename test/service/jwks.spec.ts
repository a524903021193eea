import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '@joblib/nestjs';
import { Logger } from '@nestjs/common';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { JwksKeys } from '../../src/auth/jwks-keys.js';
import { JwtIdentity } from '../../src/auth/jwt-identity.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';

const SECRET = 'a secret of more than thirty-two bytes';
const HOUR_MS = 3_600_000;

interface Signer {
  readonly kid: string;
  readonly alg: 'RS256' | 'ES256';
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

let published: JWK[];
let reads: number;
let server: Server;
let nowMs: number;

beforeEach(async () => {
  Logger.overrideLogger(false);
  nowMs = Date.now();
  published = [];
  reads = 0;
  server = createServer((_request, response) => {
    reads += 1;
    response.end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  await shut();
  Logger.overrideLogger(true);
});

describe('tokens signed by an identity provider', () => {
  it.each(['RS256', 'ES256'] as const)('are accepted with %s and the key at the JWKS address, which is read once', async (alg) => {
    const signer = await publish(alg, 'first');
    const identity = identityWith({});
    for (const sub of ['alice', 'bob'])
      await expect(ask(identity, await sign(signer, sub))).resolves.toEqual({ id: sub, isSuperuser: false });
    expect(reads).toBe(1);
  });

  it('are refused when the key is not published, or the signature is by another of that name', async () => {
    await publish('RS256', 'first');
    const identity = identityWith({});
    const stranger = await makeSigner('RS256', 'stranger');
    await expectRefused(ask(identity, await sign(stranger, 'alice')));
    await expectRefused(ask(identity, await sign({ ...stranger, kid: 'first' }, 'alice')));
  });

  it('are accepted with a new key as soon as one is published, and refused with the one it replaced', async () => {
    const first = await publish('ES256', 'first');
    const identity = identityWith({});
    await ask(identity, await sign(first, 'alice'));
    published = [];
    const second = await publish('ES256', 'second');
    await expect(ask(identity, await sign(second, 'alice'))).resolves.toMatchObject({ id: 'alice' });
    await expectRefused(ask(identity, await sign(first, 'bob')));
  });

  it('with unknown keys do not make the server read the address again and again', async () => {
    const identity = identityWith({ cooldownMs: 60_000 });
    await ask(identity, await sign(await publish('ES256', 'first'), 'alice'));
    const stranger = await makeSigner('ES256', 'stranger');
    for (const kid of ['a', 'b', 'c']) await expectRefused(ask(identity, await sign({ ...stranger, kid }, 'alice')));
    expect(reads).toBe(1);
  });

  it('are accepted with keys known before while the address is away, for an hour', async () => {
    const signer = await publish('RS256', 'first');
    const identity = identityWith({});
    const token = await sign(signer, 'alice');
    await ask(identity, token);
    const strange = await sign({ ...signer, kid: 'other' }, 'alice');
    await shut();
    nowMs += HOUR_MS - 1;
    await expect(ask(identity, token)).resolves.toMatchObject({ id: 'alice' });
    await expectRefused(ask(identity, strange));
  });

  it('are refused, with words for it, when the address was never reached', async () => {
    const signer = await publish('RS256', 'first');
    const identity = identityWith({});
    await shut();
    await expect(ask(identity, await sign(signer, 'alice'))).rejects.toMatchObject({
      problem: 'Unauthorized',
      message: expect.stringContaining('out of reach'),
    });
  });
});

describe('confusing the algorithms', () => {
  it('is refused: a public key is no shared secret', async () => {
    const signer = await publish('RS256', 'first');
    for (const secret of [null, SECRET]) {
      const identity = identityWith({ secret });
      for (const key of [await exportSPKI(signer.publicKey), JSON.stringify(signer.jwk)]) {
        for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: 'first' }]) {
          await expectRefused(ask(identity, await new SignJWT({ sub: 'alice' }).setProtectedHeader(header).sign(Buffer.from(key))));
        }
      }
    }
  });

  it('is refused: a published symmetric key counts for nothing', async () => {
    published = [{ kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 'first', alg: 'HS256' }];
    const token = await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(Buffer.from(SECRET));
    await expectRefused(ask(identityWith({}), token));
  });

  it('leaves each kind of key its own algorithms when a secret and an address are configured', async () => {
    const identity = identityWith({ secret: SECRET });
    const shared = await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));
    await expect(ask(identity, shared)).resolves.toMatchObject({ id: 'alice' });
    await expect(ask(identity, await sign(await publish('RS256', 'first'), 'bob'))).resolves.toMatchObject({ id: 'bob' });
    expect(reads).toBe(1);
  });

  it('is refused: algorithms that nobody asked for, with a published key', async () => {
    const pair = await generateKeyPair('PS256', { extractable: true });
    published = [{ ...(await exportJWK(pair.publicKey)), kid: 'first' }];
    await expectRefused(
      ask(identityWith({}), await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'PS256', kid: 'first' }).sign(pair.privateKey)),
    );
  });
});

function identityWith({ secret = null, cooldownMs = 0 }: { secret?: string | null; cooldownMs?: number }): JwtIdentity {
  const clock = { now: () => nowMs };
  const { port } = server.address() as AddressInfo;
  const jwks = new JwksKeys(new URL(`http://127.0.0.1:${port}/jwks`), clock, cooldownMs);
  return new JwtIdentity(new TokenVerifier({ secret, jwks, audience: null, issuer: null }), clock, []);
}

function ask(identity: JwtIdentity, token: string): Promise<Caller> {
  return identity.authenticate({ authorization: `Bearer ${token}`, request: null });
}

async function publish(alg: Signer['alg'], kid: string): Promise<Signer> {
  const signer = await makeSigner(alg, kid);
  published.push(signer.jwk);
  return signer;
}

async function makeSigner(alg: Signer['alg'], kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

function sign({ alg, kid, privateKey }: Signer, sub: string): Promise<string> {
  return new SignJWT({ sub }).setProtectedHeader({ alg, kid }).sign(privateKey);
}

async function shut(): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function expectRefused(answer: Promise<Caller>): Promise<void> {
  await expect(answer).rejects.toMatchObject({ problem: 'Unauthorized' });
}
