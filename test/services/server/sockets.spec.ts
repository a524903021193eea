import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ServiceRounds } from '../../../libs/nestjs/src/services/index.js';
import { startGateway } from '../../gateway/gateway-app.js';
import type { GatewayApp } from '../../gateway/gateway-app.js';
import { SocketClient, disconnectAll } from '../../gateway/socket-client.js';
import { FakeServices } from '../../support/fake-services.js';
import { JoblibUser } from '../../support/joblib-user.js';
import { GATE, JOB } from './service-stage.js';

describe('sockets', () => {
  let services: FakeServices;
  let server: GatewayApp;
  let root: JoblibUser;

  beforeEach(async () => {
    services = new FakeServices({ web: GATE });
    server = await startGateway({ services: services.supervisor });
    root = new JoblibUser(server.origin, 'root');
  });
  afterEach(async () => {
    disconnectAll();
    await server.close();
  });

  /** What comes of what was asked for, told. */
  async function settled(): Promise<void> {
    await services.clock.advance(0);
    await server.app.get(ServiceRounds, { strict: false }).look();
  }

  it('in every room hear of a change of a state or of a health, and no others do', async () => {
    const [ada, bob, cyd] = [
      await SocketClient.connect(server.origin, 'ada'),
      await SocketClient.connect(server.origin, 'bob'),
      await SocketClient.connect(server.origin, 'cyd'),
    ];
    await ada.joinRoom('lab');
    await bob.joinRoom('office');
    const heard = async (): Promise<number[]> =>
      Promise.all([ada, bob].map(async (person) => (await person.payloadsOf('services_invalidate')).length));
    expect((await root.call('POST', '/services/web/start')).status).toBe(202);
    await settled();
    const started = await heard();
    expect(started[0]).toBeGreaterThan(0);
    await services.feel('web', 'unhealthy');
    await settled();
    expect(await heard()).toEqual(started.map((count) => count + 1));
    expect((await ada.settled()).every(({ payload }) => Object.keys(payload).length === 0)).toBe(true);
    expect(await cyd.settled()).toEqual([]);
    // What changes nothing is not told.
    await settled();
    expect(await heard()).toEqual(started.map((count) => count + 1));
  });

  it('of a worker hear of its oldest pending task once the service that its job needs is healthy', async () => {
    const { worker_id: workerId } = (await root.register(JOB)).body;
    const { id } = (await root.submit('lab', JOB)).body;
    await root.submit('lab', JOB);
    const worker = await SocketClient.connect(server.origin, 'root');
    await worker.joinJob(JOB, workerId);
    expect((await root.claim(workerId)).body.task).toBeNull();
    await root.call('POST', '/services/web/start');
    await settled();
    expect(await worker.payloadsOf('task_available')).toEqual([{ job_name: JOB, room_id: 'lab', task_id: id }]);
    expect((await root.claim(workerId)).body.task?.id).toBe(id);
  });
});
