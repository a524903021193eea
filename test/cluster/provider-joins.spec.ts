import type { ProviderView } from '@joblib/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { SocketClient, disconnectAll } from '../gateway/socket-client.js';
import { bodyOf } from '../http/scene.js';
import { ProviderUser } from '../providers/provider-scene.js';
import { redisMissing } from '../support/redis-server.js';
import { Cluster, becauseOfRedis } from './cluster.js';
import type { ClusterServer } from './cluster.js';

const FILES = 'lab:filesystem:local';

(redisMissing === null ? describe : describe.skip)(`a provider on one of two servers${becauseOfRedis}`, () => {
  let cluster: Cluster;
  let provider: ProviderView;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterEach(disconnectAll);
  afterAll(() => cluster.close());

  const userOf = (server: ClusterServer, name: string): ProviderUser => new ProviderUser(server.origin, server.user(name));

  /** A socket that answers for the provider. */
  async function aSocket(server: ClusterServer): Promise<SocketClient> {
    const socket = await SocketClient.connect(server.origin, 'ann');
    await socket.ask('join_provider_room', { provider_name: FILES, worker_id: provider.worker_id });
    return socket;
  }

  async function askedOf(socket: SocketClient): Promise<unknown[]> {
    return (await socket.payloadsOf('provider_request')).map(({ params }) => params);
  }

  it('hears at its join what was asked on the other while nobody was there, long before the request would be sent again', async () => {
    const { here, there } = cluster;
    provider = bodyOf(201, await userOf(there, 'ann').register(FILES));
    expect((await userOf(here, 'sue').read('?n=1')).status).toBe(202);
    const read = userOf(here, 'sue').read('?n=1', { prefer: 'wait=15' });
    const socket = await aSocket(there);
    const { request_id } = await socket.hears('provider_request', { params: '{"n":"1"}' });
    await userOf(there, 'ann').upload(provider.id, String(request_id), '1');
    expect((await read).body).toBe(1);
    expect(await askedOf(socket)).toEqual(['{"n":"1"}']);
  });

  it('is not asked twice because another of its sockets joins, on either', async () => {
    const { here, there } = cluster;
    provider = bodyOf(200, await userOf(there, 'ann').register(FILES));
    const first = await aSocket(there);
    await userOf(here, 'sue').read('?n=2');
    await first.hears('provider_request', { params: '{"n":"2"}' });
    const others = [await aSocket(there), await aSocket(here)];
    // The servers have looked who is there by the time that a question of here has gone round again.
    await here.socketsIn('nobody');
    await userOf(here, 'sue').read('?n=3');
    for (const each of [first, ...others]) await each.hears('provider_request', { params: '{"n":"3"}' });
    expect(await askedOf(first)).toEqual(['{"n":"2"}', '{"n":"3"}']);
    for (const each of others) expect(await askedOf(each)).toEqual(['{"n":"3"}']);
  });
});
