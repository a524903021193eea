import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '@joblib/nestjs';
import { SignJWT, decodeJwt } from 'jose';
import { JwtIdentity } from './jwt-identity.js';
import { ManagedIdentity } from './managed-identity.js';
import { ManagedTokens } from './managed-tokens.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'a secret of more than thirty-two bytes';
const REFUSED = { problem: 'Unauthorized', message: 'The token is not accepted here.' };

interface Server {
  readonly tokens: ManagedTokens;
  readonly identity: ManagedIdentity;
}

function aServer(): Server {
  const tokens = new ManagedTokens();
  const verifier = new TokenVerifier({ secret: SECRET, jwks: null, audience: null, issuer: null });
  return { tokens, identity: new ManagedIdentity(tokens, new JwtIdentity(verifier, { now: () => Date.now() }, [])) };
}

function withToken(token: string, { identity }: Server = server): Promise<Caller> {
  return identity.authenticate({ authorization: `Bearer ${token}`, request: null });
}

let server: Server;

beforeEach(() => {
  server = aServer();
});

describe('a token of what the server manages', () => {
  it('is good over HTTP and for sockets, and a superuser’s', async () => {
    const token = await server.tokens.issue('rotate-worker');
    const caller = { id: 'service:rotate-worker', isSuperuser: true };
    expect(await withToken(token)).toEqual(caller);
    expect(await server.identity.authenticate({ auth: { token }, request: null })).toEqual(caller);
    expect(decodeJwt(token)).toMatchObject({ sub: 'service:rotate-worker', is_superuser: true });
  });

  it('is worth nothing from the moment in which it is revoked', async () => {
    const [token, second, other] = [await server.tokens.issue('a'), await server.tokens.issue('a'), await server.tokens.issue('b')];
    expect(await withToken(token)).toMatchObject({ id: 'service:a' });
    const revoked = server.tokens.holderOf(token)?.revoked;
    server.tokens.revoke('a');
    await expect(withToken(token)).rejects.toMatchObject(REFUSED);
    await expect(withToken(second)).rejects.toMatchObject(REFUSED);
    expect([revoked?.aborted, server.tokens.holderOf(token)]).toEqual([true, null]);
    expect(await withToken(other)).toMatchObject({ id: 'service:b' });
  });

  it('is another one at each start', async () => {
    const before = await server.tokens.issue('a');
    server.tokens.revoke('a');
    const after = await server.tokens.issue('a');
    expect(after).not.toBe(before);
    expect(await withToken(after)).toMatchObject({ id: 'service:a' });
    await expect(withToken(before)).rejects.toMatchObject(REFUSED);
  });

  it('is worth nothing on another server, or on this one after a restart', async () => {
    await expect(withToken(await server.tokens.issue('a'), aServer())).rejects.toMatchObject(REFUSED);
  });

  it('cannot be made up', async () => {
    const [header, body, signature = ''] = (await server.tokens.issue('a')).split('.');
    for (const forged of [`${header}.${body}.${signature.slice(0, -2)}AA`, `${header}.${body}.`, `${header}.${body}.${signature}.x`]) {
      await expect(withToken(forged)).rejects.toMatchObject({ problem: 'Unauthorized' });
    }
  });
});

describe('a user’s own token', () => {
  it('makes a user of whoever calls himself a service', async () => {
    await server.tokens.issue('a');
    const token = await new SignJWT({ sub: 'service:a' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));
    expect(await withToken(token)).toEqual({ id: 'service:a', isSuperuser: false });
    server.tokens.revoke('a');
    expect(await withToken(token)).toEqual({ id: 'service:a', isSuperuser: false });
  });

  it('is asked for when there is none', async () => {
    await expect(server.identity.authenticate({ request: null })).rejects.toMatchObject({ message: 'No bearer token was sent.' });
  });
});
