import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TaskView } from '@joblib/contract';

import { JoblibUser } from '../support/joblib-user.js';
import { startGateway } from './gateway-app.js';
import type { GatewayApp } from './gateway-app.js';
import { SocketClient, disconnectAll, until } from './socket-client.js';

const ROTATE = '@global:modifiers:Rotate';
const SCALE = '@global:modifiers:Scale';

/** A server with a worker of root's that has claimed a task, a socket that stands for it, and somebody who watches the room. */
class Scene {
  private constructor(
    readonly server: GatewayApp,
    readonly root: JoblibUser,
    readonly workerId: string,
    readonly taskId: string,
    readonly worker: SocketClient,
    readonly watcher: SocketClient,
  ) {}

  static async set(workerDisconnectGraceSeconds: number): Promise<Scene> {
    const server = await startGateway({ settings: { workerDisconnectGraceSeconds } });
    const root = new JoblibUser(server.origin, 'root');
    const workerId = (await root.register(ROTATE)).body.worker_id;
    const taskId = (await root.submit('lab', ROTATE)).body.id;
    await root.claim(workerId);
    const worker = await SocketClient.connect(server.origin, 'root');
    await worker.joinJob(ROTATE, workerId);
    const watcher = await SocketClient.connect(server.origin, 'ada');
    await watcher.joinRoom('lab');
    return new Scene(server, root, workerId, taskId, worker, watcher);
  }

  async task(): Promise<TaskView> {
    return (await this.root.task(this.taskId)).body;
  }

  async workerIds(): Promise<string[]> {
    const { body } = await this.root.call<{ items: { id: string }[] }>('GET', '/workers');
    return body.items.map(({ id }) => id);
  }

  /** Waits until the server has noticed that a socket is gone. */
  async drop(client: SocketClient): Promise<void> {
    const { id } = client.socket;
    client.disconnect();
    await until(() => !this.server.connectedIds().includes(id ?? ''));
  }

  /** The outcome of the first clean-up of the worker: `false` when it was spared. */
  async outcomeOfCleanUp(): Promise<boolean> {
    const { calls, results } = this.server.cleanUps.mock;
    await until(() => calls.some(([id]) => id === this.workerId));
    return (await results[calls.findIndex(([id]) => id === this.workerId)]?.value) as boolean;
  }

  /** Another worker that joins and drops: when its clean-up is over, an earlier one with the same grace would be too. */
  async letAnotherWorkerDrop(): Promise<void> {
    const other = (await this.root.register(SCALE)).body.worker_id;
    const socket = await SocketClient.connect(this.server.origin, 'root');
    await socket.joinJob(SCALE, other);
    await this.drop(socket);
    await until(async () => !(await this.workerIds()).includes(other));
  }
}

describe('a worker whose last socket drops', () => {
  let scene: Scene;

  afterEach(async () => {
    disconnectAll();
    await scene.server.close();
  });

  describe('without a grace', () => {
    beforeEach(async () => {
      scene = await Scene.set(0);
    });

    it('is cleaned up at once: its tasks fail, and their room is told', async () => {
      scene.worker.disconnect();
      await scene.watcher.hears('task_status_event', { id: scene.taskId, status: 'failed', error: 'Worker disconnected' });
      expect(await scene.task()).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
      expect(await scene.workerIds()).toEqual([]);
      expect(await scene.watcher.payloadsOf('jobs_invalidate')).toHaveLength(1);
    });

    it('is cleaned up in the same way when it came by polling', async () => {
      const polling = await SocketClient.connect(scene.server.origin, 'root', { transport: 'polling' });
      await polling.joinJob(ROTATE, scene.workerId);
      await scene.drop(scene.worker);
      expect((await scene.task()).status).toBe('claimed');
      polling.disconnect();
      await scene.watcher.hears('task_status_event', { id: scene.taskId, status: 'failed' });
    });

    it('lives on while another socket stands for it', async () => {
      const second = await SocketClient.connect(scene.server.origin, 'root');
      await second.joinJob(ROTATE, scene.workerId);
      await scene.drop(scene.worker);
      expect(scene.server.cleanUps).not.toHaveBeenCalled();
      expect((await scene.task()).status).toBe('claimed');
      second.disconnect();
      await scene.watcher.hears('task_status_event', { id: scene.taskId, status: 'failed' });
    });

    it('goes together with the other workers of its socket', async () => {
      const other = (await scene.root.register(SCALE)).body.worker_id;
      await scene.worker.joinJob(SCALE, other);
      scene.worker.disconnect();
      await until(async () => (await scene.workerIds()).length === 0);
      expect((await scene.task()).status).toBe('failed');
    });

    it('goes alone when its socket left the rooms of its other worker', async () => {
      const other = (await scene.root.register(ROTATE, {})).body.worker_id;
      await scene.worker.joinJob(ROTATE, other);
      await scene.worker.leaveJob(ROTATE, scene.workerId);
      // Still in the room, for the other worker.
      const { id } = (await scene.root.submit('office', ROTATE)).body;
      expect((await scene.worker.payloadsOf('task_available')).map(({ task_id }) => task_id)).toEqual([id]);
      scene.worker.disconnect();
      await until(async () => !(await scene.workerIds()).includes(other));
      expect(await scene.workerIds()).toEqual([scene.workerId]);
      expect((await scene.task()).status).toBe('claimed');
    });

    it('is not touched when the socket had left all of its rooms', async () => {
      expect(await scene.worker.leaveJob(ROTATE, scene.workerId)).toEqual({ status: 'ok' });
      await scene.root.submit('office', ROTATE);
      expect(await scene.worker.payloadsOf('task_available')).toEqual([]);
      await scene.drop(scene.worker);
      await scene.letAnotherWorkerDrop();
      expect((await scene.task()).status).toBe('claimed');
    });

    it('is cleaned up after leaving one room of two', async () => {
      await scene.root.register(SCALE, { workerId: scene.workerId });
      await scene.worker.joinJob(SCALE, scene.workerId);
      await scene.worker.leaveJob(ROTATE, scene.workerId);
      scene.worker.disconnect();
      await scene.watcher.hears('task_status_event', { id: scene.taskId, status: 'failed' });
      expect(await scene.workerIds()).toEqual([]);
    });

    it('is not touched by a socket whose join was refused', async () => {
      const eve = await SocketClient.connect(scene.server.origin, 'eve');
      expect(await eve.joinJob(ROTATE, scene.workerId)).toMatchObject({ status: 403 });
      await scene.drop(eve);
      await scene.letAnotherWorkerDrop();
      expect((await scene.task()).status).toBe('claimed');
    });

    it('is not touched by sockets that only watch a room', async () => {
      await scene.drop(scene.watcher);
      await scene.letAnotherWorkerDrop();
      expect((await scene.task()).status).toBe('claimed');
    });
  });

  describe('with a grace', () => {
    it('is cleaned up when the grace is over', async () => {
      scene = await Scene.set(0.05);
      scene.server.clock.advance(1);
      scene.worker.disconnect();
      await scene.watcher.hears('task_status_event', { id: scene.taskId, status: 'failed', error: 'Worker disconnected' });
      expect(await scene.workerIds()).toEqual([]);
    });

    it('lives on when it joins again within the grace', async () => {
      scene = await Scene.set(1);
      const again = await SocketClient.connect(scene.server.origin, 'root');
      await scene.drop(scene.worker);
      expect(await again.joinJob(ROTATE, scene.workerId)).toEqual({ status: 'ok' });
      await scene.letAnotherWorkerDrop();
      expect(scene.server.cleanUps.mock.calls.map(([id]) => id)).not.toContain(scene.workerId);
      expect((await scene.task()).status).toBe('claimed');
    });

    it.each([
      ['a heartbeat', (): Promise<unknown> => scene.root.heartbeat(scene.workerId)],
      ['a claim', (): Promise<unknown> => scene.root.claim(scene.workerId)],
    ])('lives on when it shows life by %s after the drop', async (_what, showLife) => {
      scene = await Scene.set(1);
      await scene.drop(scene.worker);
      scene.server.clock.advance(0.001);
      expect(await showLife()).toMatchObject({ status: 200 });
      expect(await scene.outcomeOfCleanUp()).toBe(false);
      expect((await scene.task()).status).toBe('claimed');
    });

    it('is not saved by what it did before the drop', async () => {
      scene = await Scene.set(0.05);
      await scene.root.heartbeat(scene.workerId);
      scene.server.clock.advance(0.001);
      await scene.drop(scene.worker);
      expect(await scene.outcomeOfCleanUp()).toBe(true);
      expect((await scene.task()).status).toBe('failed');
    });

    it('is not saved by its own join, were it in the very millisecond of the drop', async () => {
      scene = await Scene.set(0.05);
      await scene.drop(scene.worker);
      expect(await scene.outcomeOfCleanUp()).toBe(true);
    });

    it('is spared when it is unknown whether a sign of life in the millisecond of the drop came after it', async () => {
      scene = await Scene.set(0.05);
      scene.server.clock.advance(0.001);
      await scene.root.heartbeat(scene.workerId);
      await scene.drop(scene.worker);
      expect(await scene.outcomeOfCleanUp()).toBe(false);
      expect((await scene.task()).status).toBe('claimed');
    });
  });
});
