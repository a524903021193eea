import type { ProviderView } from '@joblib/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startGateway } from '../gateway/gateway-app.js';
import type { GatewayApp } from '../gateway/gateway-app.js';
import { SocketClient, disconnectAll } from '../gateway/socket-client.js';
import { expectProblem } from '../http/expectations.js';
import { NOBODY, bodyOf } from '../http/scene.js';
import { JoblibUser } from '../support/joblib-user.js';
import { FILES, ProviderUser, until } from './provider-scene.js';

describe('the socket room of a provider', () => {
  let server: GatewayApp;
  let ann: ProviderUser;
  let sue: ProviderUser;
  let provider: ProviderView;
  let worker: string;

  beforeAll(async () => {
    server = await startGateway();
    ann = new ProviderUser(server.origin, new JoblibUser(server.origin, 'ann'));
    sue = new ProviderUser(server.origin, new JoblibUser(server.origin, 'sue'));
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    provider = bodyOf(201, await ann.register());
    worker = String(provider.worker_id);
  });
  afterEach(async () => {
    disconnectAll();
    await ann.user.removeWorker(worker);
    await until(() => server.connectedIds().length === 0);
  });

  const join = (client: SocketClient, providerName = FILES, workerId = worker) =>
    client.ask('join_provider_room', { provider_name: providerName, worker_id: workerId });
  const leave = (client: SocketClient) => client.ask('leave_provider_room', { provider_name: FILES, worker_id: worker });

  it('hears what the provider is asked; people in the room hear when the result is there', async () => {
    const socket = await SocketClient.connect(server.origin, 'ann');
    const reader = await SocketClient.connect(server.origin, 'sue');
    await reader.joinRoom('lab');
    expect(await join(socket)).toEqual({ status: 'ok' });
    const read = sue.read('?path=%2Fdata', { prefer: 'wait=15' });
    const request = await socket.hears('provider_request');
    expect(request).toEqual({ request_id: expect.stringMatching(/^[0-9a-f]{64}$/), provider_name: FILES, params: '{"path":"/data"}' });
    await ann.upload(provider.id, String(request['request_id']), '[1]');
    expect((await read).body).toEqual([1]);
    expect(await reader.hears('provider_result_ready')).toEqual({ provider_name: FILES, request_hash: request['request_id'] });
    expect(await reader.payloadsOf('provider_request')).toEqual([]);
  });

  it('is left: then nothing is heard, and the socket does not stand for the worker any more', async () => {
    const socket = await SocketClient.connect(server.origin, 'ann');
    await join(socket);
    expect(await leave(socket)).toEqual({ status: 'ok' });
    await sue.read();
    expect(await socket.payloadsOf('provider_request')).toEqual([]);
    socket.disconnect();
    await until(() => server.connectedIds().length === 0);
    expect((await ann.user.heartbeat(worker)).status).toBe(200);
  });

  it('is left by who was never in it', async () => {
    const socket = await SocketClient.connect(server.origin, 'eve');
    expect(await leave(socket)).toEqual({ status: 'ok' });
    expect(await socket.ask('leave_provider_room', { provider_name: 'none', worker_id: 'none' })).toEqual({ status: 'ok' });
  });

  it('is for the worker that answers for the provider', async () => {
    const socket = await SocketClient.connect(server.origin, 'ann');
    const other = bodyOf(201, await ann.user.createWorker()).id;
    const eve = await SocketClient.connect(server.origin, 'eve');
    const refusals = [
      [await join(socket, FILES, other), 403],
      [await join(eve), 403],
      [await join(socket, FILES, NOBODY), 404],
      [await join(socket, FILES, 'none'), 404],
      [await join(socket, 'lab:filesystem:none'), 404],
      [await join(socket, 'none'), 404],
      [await socket.ask('join_provider_room', { provider_name: 5, worker_id: worker }), 422],
      [await socket.ask('join_provider_room'), 422],
    ] as const;
    expect(refusals.map(([answer]) => answer.status)).toEqual(refusals.map(([, status]) => status));
  });

  it('keeps the worker alive by its socket, and takes the provider away with the last one', async () => {
    const socket = await SocketClient.connect(server.origin, 'ann');
    const reader = await SocketClient.connect(server.origin, 'sue');
    await reader.joinRoom('lab');
    await join(socket);
    server.clock.advance(1);
    socket.disconnect();
    await reader.hears('providers_invalidate');
    expectProblem(await sue.read(), 'ProviderNotFound');
  });

  it('is empty while the provider is disconnected: a strict reader is told, the others wait', async () => {
    const strict = { prefer: 'handling=strict, wait=15' };
    const refused = await sue.read('', strict);
    expectProblem(refused, 'ProviderDisconnected');
    expect(refused.headers.get('retry-after')).toBe('2');
    expect((await sue.read()).status).toBe(202);
    const socket = await SocketClient.connect(server.origin, 'ann');
    await join(socket);
    const read = sue.read('?n=1', strict);
    const { request_id } = await socket.hears('provider_request', { params: '{"n":"1"}' });
    await ann.upload(provider.id, String(request_id), '1');
    expect((await read).status).toBe(200);
    await leave(socket);
    expect((await sue.read('?n=1', strict)).status).toBe(200);
  });

  it('hears at its join what was asked while nobody was there, once, and long before the request would be sent again', async () => {
    const socket = await SocketClient.connect(server.origin, 'ann');
    await join(socket);
    await leave(socket);
    expect((await sue.read('?n=2')).status).toBe(202);
    const read = sue.read('?n=2', { prefer: 'wait=15' });
    await join(socket);
    const { request_id } = await socket.hears('provider_request', { params: '{"n":"2"}' });
    await ann.upload(provider.id, String(request_id), '2');
    expect((await read).body).toBe(2);
    // Answered: nobody asks for it any more.
    await leave(socket);
    await join(socket);
    await sue.read('?n=3');
    await socket.hears('provider_request', { params: '{"n":"3"}' });
    expect((await socket.payloadsOf('provider_request')).map(({ params }) => params)).toEqual(['{"n":"2"}', '{"n":"3"}']);
  });

  it('is not asked twice because the same socket joins again, or another one', async () => {
    const [socket, other] = [await SocketClient.connect(server.origin, 'ann'), await SocketClient.connect(server.origin, 'ann')];
    await join(socket);
    await sue.read('?n=4');
    await socket.hears('provider_request', { params: '{"n":"4"}' });
    await join(socket);
    await join(other);
    await sue.read('?n=5');
    for (const each of [socket, other]) await each.hears('provider_request', { params: '{"n":"5"}' });
    const asked = await Promise.all([socket, other].map((each) => each.payloadsOf('provider_request')));
    expect(asked.map((requests) => requests.map(({ params }) => params))).toEqual([['{"n":"4"}', '{"n":"5"}'], ['{"n":"5"}']]);
  });

  it('of a provider that was killed in the middle of a read: the reader is told that it is gone', async () => {
    const socket = await SocketClient.connect(server.origin, 'ann');
    await join(socket);
    const read = sue.read('', { prefer: 'wait=15' });
    await socket.hears('provider_request');
    server.clock.advance(1);
    socket.disconnect();
    expectProblem(await read, 'ProviderNotFound');
  });
});
