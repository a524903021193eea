import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { PythonError } from './python-console.js';
import type { PythonConsole } from './python-console.js';
import { PYTHON, becauseOfPython } from './python.js';
import { Scene } from './scene.js';

let scene: Scene;
let python: PythonConsole;

(PYTHON === '' ? describe.skip : describe)(`the Python JobManager, by hand${becauseOfPython}`, () => {
  beforeAll(async () => {
    scene = await Scene.start();
    python = await scene.console('worker', true);
  });
  afterAll(() => scene.close());
  afterEach(() => python.run('manager.disconnect()'));

  it('registers an extension with its schema, for the worker that it is', async () => {
    const registered = await python.run(`
manager = JobManager(host, host.socket)
manager.register(Rotate, room="here")
[str(manager.worker_id), list(manager), len(manager), "here:modifiers:Rotate" in manager, manager["here:modifiers:Rotate"] is Rotate]`);
    const job = await scene.alice.call<{ schema: unknown; workers: string[] }>('GET', '/rooms/here/jobs/here:modifiers:Rotate');
    expect(job.body).toMatchObject({
      schema: await python.run('Rotate.model_json_schema()'),
      workers: [await python.run('manager.worker_id')],
    });
    expect(registered).toEqual([job.body.workers[0], ['here:modifiers:Rotate'], 1, true, true]);
  });

  it('registers by decorator, several jobs for one worker, one that it made before', async () => {
    await python.run(`
manager = JobManager(host, host.socket)
made = manager.create_worker()

@manager.register
class Everywhere(Extension):
    category: ClassVar[Category] = Category.ANALYSIS

    def run(self, vis, **kwargs):
        pass

@manager.register(room="two")
class Here(Extension):
    category: ClassVar[Category] = Category.SELECTION

    def run(self, vis, **kwargs):
        pass`);
    const made = await python.run('made');
    const { body } = await scene.alice.call<{ items: unknown[] }>('GET', '/rooms/two/jobs');
    expect(body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ full_name: '@global:analysis:Everywhere', workers: [made] }),
        expect.objectContaining({ full_name: 'two:selections:Here', workers: [made] }),
      ]),
    );
  });

  it('may register the same again, and not under another schema', async () => {
    await python.run('manager = JobManager(host, host.socket, max_startup_retries=1)\nmanager.register(Rotate, room="again")');
    await python.run('manager.register(Rotate, room="again")');
    const other = `
class Rotate(Rotate):
    axis: str = "x"
manager.register(Rotate, room="again")`;
    await expect(python.run(other)).rejects.toMatchObject({
      name: 'ValueError',
      message: expect.stringContaining('again:modifiers:Rotate'),
    });
    await python.run('from extensions import Rotate');
  });

  it('submits, claims the oldest, starts and completes', async () => {
    await python.run('manager = JobManager(host, host.socket)\nmanager.register(Rotate, room="work")');
    const ids = await python.run<string[]>('[manager.submit(Rotate(angle=n), "work", job_room="work") for n in (10, 20)]');
    expect((await scene.alice.task(ids[0] ?? '')).body).toMatchObject({
      status: 'pending',
      payload: { angle: 10, breaks: false },
      created_by_id: 'worker',
    });
    expect(
      await python.run(
        'task = manager.claim()\n[task.task_id, task.job_name, task.room_id, type(task.extension) is Rotate, task.extension.angle]',
      ),
    ).toEqual([ids[0], 'work:modifiers:Rotate', 'work', true, 10]);
    expect((await scene.alice.task(ids[0] ?? '')).body).toMatchObject({
      status: 'claimed',
      worker_id: await python.run('manager.worker_id'),
    });
    await python.run('manager.start(task)');
    expect((await scene.alice.task(ids[0] ?? '')).body).toMatchObject({ status: 'running' });
    await python.run('manager.complete(task)');
    expect((await scene.alice.task(ids[0] ?? '')).body).toMatchObject({ status: 'completed', error: null });
    expect(await python.run('manager.claim().task_id')).toBe(ids[1]);
    expect(await python.run('manager.claim()')).toBeNull();
  });

  it('does a global job for a room', async () => {
    await python.run('manager = JobManager(host, host.socket)\nmanager.register(Rotate)');
    const id = await python.run<string>('manager.submit(Rotate(), "somewhere")');
    expect(await python.run('task = manager.claim()\n[task.task_id, task.job_name, task.room_id]')).toEqual([
      id,
      '@global:modifiers:Rotate',
      'somewhere',
    ]);
  });

  it('fails a task, by its claim or by its id', async () => {
    await python.run('manager = JobManager(host, host.socket)\nmanager.register(Rotate, room="bad")');
    const ids = await python.run<string[]>('[manager.submit(Rotate(), "bad", job_room="bad") for _ in range(2)]');
    await python.run(
      'task = manager.claim()\nmanager.start(task)\nmanager.fail(task, "no atoms")\nmanager.fail_by_id(manager.claim().task_id, "lost")',
    );
    const tasks = await Promise.all(ids.map((id) => scene.alice.task(id)));
    expect(tasks.map(({ body }) => [body.status, body.error])).toEqual([
      ['failed', 'no atoms'],
      ['failed', 'lost'],
    ]);
  });

  it('cancels a claimed and a running task, which cannot be completed then', async () => {
    await python.run('manager = JobManager(host, host.socket)\nmanager.register(Rotate, room="off")');
    const ids = await python.run<string[]>('[manager.submit(Rotate(), "off", job_room="off") for _ in range(2)]');
    await python.run(
      'claimed = manager.claim()\nrunning = manager.claim()\nmanager.start(running)\nmanager.cancel(claimed)\nmanager.cancel(running)',
    );
    const tasks = await Promise.all(ids.map((id) => scene.alice.task(id)));
    expect(tasks.map(({ body }) => body.status)).toEqual(['cancelled', 'cancelled']);
    await expect(python.run('manager.complete(running)')).rejects.toMatchObject({
      name: 'ValueError',
      message: expect.stringMatching(/'cancelled' to 'completed'/),
    });
  });

  it('listens until it is told to stop', async () => {
    const done = await python.run<string[]>(`
manager = JobManager(host, host.socket)
manager.register(Rotate, room="ear")
ids = [manager.submit(Rotate(angle=n), "ear", job_room="ear") for n in range(3)]
stop, heard = threading.Event(), []
for task in manager.listen(polling_interval=0.05, stop_event=stop):
    manager.start(task)
    manager.complete(task)
    heard.append(task.task_id)
    if len(heard) == len(ids):
        stop.set()
[heard == ids, len(heard)]`);
    expect(done).toEqual([true, 3]);
    const { body } = await scene.alice.tasks('ear');
    expect(body.items.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
  });

  it('learns of a refusal by the exception of its kind', async () => {
    await python.run('manager = JobManager(host, host.socket, max_startup_retries=1)\nmanager.create_worker()');
    const refusals = [
      ['manager.submit(Rotate(), "nowhere", job_room="nowhere")', 'KeyError', /nowhere:modifiers:Rotate/],
      ['manager.register(Rotate, room="a:b")', 'HTTPStatusError', /400 Bad Request/],
      ['JobManager(JoblibHost(url, "no token")).create_worker()', 'PermissionError', /token/],
    ] as const;
    for (const [code, name, message] of refusals) {
      const refusal = await python.run(code).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(PythonError);
      expect(refusal).toMatchObject({ name, message: expect.stringMatching(message) });
    }
    const stranger = await scene.console('stranger');
    await expect(stranger.run('JobManager(host).register(Rotate)')).rejects.toMatchObject({
      name: 'PermissionError',
      message: expect.stringContaining('@global'),
    });
  });

  it('sends a heartbeat, and hears that its worker is gone', async () => {
    await python.run('manager = JobManager(host, host.socket)\nworker = str(manager.create_worker())');
    const worker = await python.run<string>('worker');
    const seen = async (): Promise<string | undefined> => {
      const { body } = await scene.alice.call<{ items: { id: string; last_heartbeat: string }[] }>('GET', '/workers');
      return body.items.find(({ id }) => id === worker)?.last_heartbeat;
    };
    const before = (await seen()) ?? '';
    await python.run('manager.heartbeat()');
    expect(((await seen()) ?? '') > before).toBe(true);
    await scene.alice.removeWorker(worker);
    await expect(python.run('manager.heartbeat()')).rejects.toMatchObject({ name: 'KeyError' });
  });

  it('disconnects: what it had claimed fails, worker and job go, and a second time does nothing', async () => {
    await python.run('manager = JobManager(host, host.socket)\nmanager.register(Rotate, room="bye")');
    const id = await python.run<string>('manager.submit(Rotate(), "bye", job_room="bye")');
    await python.run('with manager:\n    manager.claim()\nmanager.disconnect()');
    expect((await scene.alice.task(id)).body).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
    expect((await scene.alice.call<{ total: number }>('GET', '/rooms/bye/jobs')).body.total).toBe(0);
    expect(await python.run('[manager.worker_id, len(manager), host.socket.connected]')).toEqual([null, 0, true]);
  });
});
