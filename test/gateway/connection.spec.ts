import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { IDENTITY } from '@joblib/nestjs';
import type { Caller } from '@joblib/nestjs';

import { startGateway } from './gateway-app.js';
import type { GatewayApp } from './gateway-app.js';
import { SocketClient, disconnectAll } from './socket-client.js';
import type { Transport } from './socket-client.js';

const TRANSPORTS: Transport[] = ['websocket', 'polling'];

describe('connecting', () => {
  let server: GatewayApp;

  beforeAll(async () => {
    server = await startGateway();
  });
  afterEach(() => disconnectAll());
  afterAll(() => server.close());

  it.each(TRANSPORTS)('lets in whoever has a token, by %s', async (transport) => {
    const ada = await SocketClient.connect(server.origin, 'ada', { transport });
    expect(await ada.joinRoom('lab')).toEqual({ status: 'ok' });
  });

  it.each(TRANSPORTS)('refuses a socket without a token with a problem document, by %s', async (transport) => {
    await expect(SocketClient.connect(server.origin, undefined, { transport })).rejects.toMatchObject({
      message: 'Send a name as the bearer token.',
      data: {
        type: '/v1/problems/unauthorized',
        title: 'Authentication required',
        status: 401,
        detail: 'Send a name as the bearer token.',
      },
    });
  });

  it.each([[''], [7], [null], [['ada']], [{ token: 'ada' }]])('refuses the token %j', async (token) => {
    await expect(SocketClient.connect(server.origin, token)).rejects.toMatchObject({ data: { status: 401 } });
  });

  it('goes on serving others after a refusal', async () => {
    await expect(SocketClient.connect(server.origin, undefined)).rejects.toThrow('Send a name as the bearer token.');
    const ada = await SocketClient.connect(server.origin, 'ada');
    expect(await ada.joinRoom('lab')).toEqual({ status: 'ok' });
  });
});

it('tells nothing of an identity that fails, but the id under which the log has it', async () => {
  const broken = { authenticate: (): Promise<Caller> => Promise.reject(new Error('the user table is on fire')) };
  const server = await startGateway({ overrides: [{ provide: IDENTITY, useValue: broken }] });
  try {
    const refusal = await SocketClient.connect(server.origin, 'ada').then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ data: { type: '/v1/problems/internal-error', status: 500, instance: expect.any(String) } });
    expect(JSON.stringify([String(refusal), (refusal as { data: unknown }).data])).not.toContain('fire');
  } finally {
    disconnectAll();
    await server.close();
  }
});
