import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TaskView } from '@joblib/contract';

import type { PythonConsole } from './python-console.js';
import { PYTHON, becauseOfPython } from './python.js';
import { Scene } from './scene.js';

/**
 * Looks for work once an hour unless it is woken: what is done in time was done because of an event. The client does not wait for its
 * join to be answered; a call behind it is answered once the worker hears of tasks.
 */
const SERVE = `manager = JobManager(host, host.socket, execute=host.execute, polling_interval=3600)
def serve(*extension, **options):
    manager.register(*extension, **options)
    host.socket.call("room_join", {"room_id": "joined"})
`;

let scene: Scene;
let python: PythonConsole;

(PYTHON === '' ? describe.skip : describe)(`the Python JobManager, serving by itself${becauseOfPython}`, () => {
  beforeAll(async () => {
    scene = await Scene.start({ ZNDRAW_JOBLIB_PAYLOAD_VALIDATION: 'on' });
    python = await scene.console('worker');
  });
  afterAll(() => scene.close());
  afterEach(() => python.run('manager.disconnect()'));

  async function submit(fullName: string, payload: unknown = {}): Promise<string> {
    const [room = ''] = fullName.split(':');
    return (await scene.alice.submit(room, fullName, payload)).body.id;
  }

  async function ended(id: string): Promise<TaskView> {
    return (await scene.alice.task(id, { prefer: 'wait=20' })).body;
  }

  it('is woken by each task, and runs it', async () => {
    await python.run(`${SERVE}\nserve(Rotate, room="lab")`);
    for (const angle of [1, 2, 3]) {
      expect(await ended(await submit('lab:modifiers:Rotate', { angle }))).toMatchObject({
        status: 'completed',
        result: { turned: angle },
        worker_id: await python.run('manager.worker_id'),
      });
    }
  });

  it('fails a task whose run raises, with what it said, and goes on', async () => {
    await python.run(`${SERVE}\nserve(Rotate, room="frail")`);
    const broken = await submit('frail:modifiers:Rotate', { angle: 3, breaks: true });
    expect(await ended(broken)).toMatchObject({ status: 'failed', error: 'broke at 3.0', result: null });
    expect(await ended(await submit('frail:modifiers:Rotate'))).toMatchObject({ status: 'completed', result: { turned: 90 } });
  });

  it('hands a run what its job was registered with; the room sees its progress', async () => {
    await python.run(`${SERVE}\nserve(Count, room="sum", run_kwargs={"step": 3})`);
    const watching = await scene.console('watcher');
    await watching.run(`
seen, end = [], threading.Event()
@host.socket.on("task_status_event")
def heard(event):
    seen.append([event["status"], event["progress"]])
    if event["status"] == "completed":
        end.set()
host.socket.call("room_join", {"room_id": "sum"})`);
    expect(await ended(await submit('sum:analysis:Count', { upto: 4 }))).toMatchObject({ status: 'completed', result: 12 });
    expect(await watching.run('end.wait(20)\nseen')).toEqual([
      ['pending', null],
      ['claimed', null],
      ['running', null],
      ['running', { current: 2, total: 4, message: 'half' }],
      ['running', 1],
      ['completed', 1],
    ]);
  });

  it('ends a run that was cancelled at its next report, and goes on', async () => {
    await python.run(`
${SERVE}
running, gate, ended = threading.Event(), threading.Event(), []
serve(Gated, room="stop", run_kwargs={"running": running, "gate": gate, "ended": ended})`);
    const id = await submit('stop:modifiers:Gated');
    await python.run('running.wait()');
    expect((await scene.alice.report(id, 'cancelled')).status).toBe(200);
    await python.run('gate.set()');
    expect(await ended(await submit('stop:modifiers:Gated'))).toMatchObject({ status: 'completed' });
    expect(await python.run('ended')).toEqual(['cancelled', 'done']);
    expect((await scene.alice.task(id)).body).toMatchObject({ status: 'cancelled' });
  });

  it('shares a job with another worker: two tasks run at a time, each one runs once', async () => {
    const other = await scene.console('other');
    const gated = `
${SERVE}
running, gate, ended = threading.Event(), threading.Event(), []
serve(Gated, room="two", run_kwargs={"running": running, "gate": gate, "ended": ended})
str(manager.worker_id)`;
    const workers = [await python.run<string>(gated), await other.run<string>(gated)];
    const first = [await submit('two:modifiers:Gated'), await submit('two:modifiers:Gated')];
    await Promise.all([python.run('running.wait()'), other.run('running.wait()')]);
    const running = (await scene.alice.tasks('two', '?status=running')).body.items;
    expect(running.map(({ worker_id: id }) => id).toSorted()).toEqual(workers.toSorted());
    const more = await Promise.all(Array.from({ length: 20 }, () => submit('two:modifiers:Gated')));
    await Promise.all([python.run('gate.set()'), other.run('gate.set()')]);
    const tasks = await Promise.all([...first, ...more].map(ended));
    expect(tasks.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(tasks.map(() => 'completed 1'));
    const runs = [await python.run<string[]>('ended'), await other.run<string[]>('ended')];
    expect(runs.flat()).toEqual(tasks.map(() => 'done'));
    expect(runs.every((each) => each.length > 0)).toBe(true);
    await other.run('manager.disconnect()');
  });

  it('is spared payloads that its extension refuses, where they are validated', async () => {
    await python.run(`${SERVE}\nserve(Strict, room="form")`);
    const refused = await scene.alice.call('POST', '/rooms/form/tasks/form:selections:Strict', { payload: { count: 'many' } });
    expect(refused).toMatchObject({ status: 422, body: { type: '/v1/problems/payload-invalid' } });
    expect(await ended(await submit('form:selections:Strict', { count: 2 }))).toMatchObject({ status: 'completed', result: 2 });
  });

  it('stops when its worker was removed', async () => {
    await python.run(`${SERVE}\nserve(Rotate, room="gone")`);
    await scene.alice.removeWorker(await python.run<string>('manager.worker_id'));
    await python.run('manager._task_ready.set()\nmanager.wait()');
    expect(python.log).toContain('Registration lost');
  });
});
