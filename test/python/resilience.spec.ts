import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TaskView } from '@joblib/contract';

import { until } from '../support/until.js';
import type { PythonConsole } from './python-console.js';
import { PYTHON, becauseOfPython } from './python.js';
import { Scene } from './scene.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/worker-python/worker.py', import.meta.url));

/** Serves a job whose runs wait for a gate; woken by events alone, and so not before the socket is back that the last test may have cut. */
const serveGated = (room: string): string => `
while "/" not in host.socket.namespaces:
    host.socket.sleep(0.01)
manager = JobManager(host, host.socket, execute=host.execute, polling_interval=3600)
running, gate, ended = threading.Event(), threading.Event(), []
manager.register(Gated, room="${room}", run_kwargs={"running": running, "gate": gate, "ended": ended})
host.socket.call("room_join", {"room_id": "joined"}) # answered behind the client's own join, for which it does not wait
str(manager.worker_id)`;

let scene: Scene;
let python: PythonConsole;

(PYTHON === '' ? describe.skip : describe)(`the Python JobManager when something goes wrong${becauseOfPython}`, () => {
  beforeAll(async () => {
    scene = await Scene.start({ ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: '1' });
    python = await scene.console('worker');
  });
  afterEach(() => python.run('manager.disconnect()'));
  afterAll(() => scene.close());

  async function submit(fullName: string, payload: unknown = {}): Promise<string> {
    const [room = ''] = fullName.split(':');
    return (await scene.alice.submit(room, fullName, payload)).body.id;
  }

  /** The id of a task that this console is running. */
  async function running(fullName: string, worker = python): Promise<string> {
    const id = await submit(fullName);
    await worker.run('running.wait()');
    return id;
  }

  async function ended(id: string): Promise<TaskView> {
    return (await scene.alice.task(id, { prefer: 'wait=20' })).body;
  }

  async function isThere(fullName: string): Promise<boolean> {
    const [room = ''] = fullName.split(':');
    return (await scene.alice.call('GET', `/rooms/${room}/jobs/${fullName}`)).status === 200;
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'goes on when the server ends by %s and comes back: the running task is reported, and the next one wakes it',
    async (signal) => {
      const job = `${signal.toLowerCase()}:modifiers:Gated`;
      const workerId = await python.run(serveGated(signal.toLowerCase()));
      const id = await running(job);
      await scene.endServer(signal);
      await scene.startServerAgain();
      await python.run('gate.set()');
      expect(await ended(id)).toMatchObject({ status: 'completed', worker_id: workerId, attempt: 1 });
      // Its socket joins again some time after the start; one that is submitted before that is done with the first it hears of.
      const isDone = async (next: string): Promise<boolean> =>
        (await scene.alice.task(next, { prefer: 'wait=1' })).body.status === 'completed';
      await until('a task wakes it', async () => isDone(await submit(job)));
    },
  );

  it('rides out a server that is away: its heartbeats begin to be answered again', async () => {
    await python.run('manager = JobManager(host, heartbeat_interval=0.05)\nmanager.register(Rotate, room="lab")');
    const workerId = await python.run<string>('str(manager.worker_id)');
    await scene.endServer('SIGKILL');
    await python.logged('Heartbeat failed');
    await scene.startServerAgain();
    const lastHeartbeat = async (): Promise<string> => {
      const { body } = await scene.alice.call<{ items: { id: string; last_heartbeat: string }[] }>('GET', '/workers');
      return body.items.find(({ id }) => id === workerId)?.last_heartbeat ?? '';
    };
    const seen = await lastHeartbeat();
    await until('a heartbeat arrives', async () => (await lastHeartbeat()) > seen);
    expect(await python.run('manager._stop.is_set()')).toBe(false);
  });

  it('gives up when the server is away for too long', async () => {
    await python.run(
      'manager = JobManager(host, heartbeat_interval=0.05, max_unreachable_seconds=0.2)\nmanager.register(Rotate, room="lab")',
    );
    await scene.endServer('SIGKILL');
    await python.run('manager.wait()\nmanager.disconnect()');
    expect(python.log).toContain('Server unreachable');
    await scene.startServerAgain();
  });

  it('leaves nothing that hangs when it is killed', async () => {
    const killed = await scene.console('killed');
    await killed.run(serveGated('killed'));
    const id = await running('killed:modifiers:Gated', killed);
    await killed.end('SIGKILL');
    expect(await ended(id)).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
    expect(await isThere('killed:modifiers:Gated')).toBe(false);
  });

  it('leaves what is pending to another worker of the job when it is killed', async () => {
    const killed = await scene.console('killed');
    await killed.run(serveGated('legacy'));
    const id = await running('legacy:modifiers:Gated', killed);
    const pending = await submit('legacy:modifiers:Gated');
    await killed.end('SIGKILL');
    const heirId = await python.run(`${serveGated('legacy')}\ngate.set()\nstr(manager.worker_id)`);
    expect(await ended(pending)).toMatchObject({ status: 'completed', worker_id: heirId });
    expect(await ended(id)).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('the example does its work, and takes its leave at %s', async (signal) => {
    const program = await scene.script(EXAMPLE, 'ada');
    await until('the job is there', () => isThere('lab:modifiers:Scale'));
    expect(await ended(await submit('lab:modifiers:Scale', { numbers: [1, 2, 3] }))).toMatchObject({ result: [2, 4, 6] });
    program.signal(signal);
    expect([await program.ended(), program.stderr]).toEqual([0, '']);
    expect(await isThere('lab:modifiers:Scale')).toBe(false);
  });

  it('the example takes its leave without a server, too', async () => {
    const program = await scene.script(EXAMPLE, 'ada');
    await until('the job is there', () => isThere('lab:modifiers:Scale'));
    await scene.endServer('SIGKILL');
    await program.logged('Claim failed');
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
  });
});
