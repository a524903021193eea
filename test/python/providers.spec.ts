import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { tokenOf } from '../faults/service-users.js';
import { until } from '../support/until.js';
import type { PythonConsole } from './python-console.js';
import { PYTHON, becauseOfPython } from './python.js';
import { Scene } from './scene.js';

/** Bytes that are no text in any encoding of the web. */
const IMAGE = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

let scene: Scene;
let python: PythonConsole;

(PYTHON === '' ? describe.skip : describe)(`providers of the Python JobManager${becauseOfPython}`, () => {
  beforeAll(async () => {
    scene = await Scene.start();
    python = await scene.console('worker');
  });
  afterAll(() => scene.close());
  beforeEach(() => python.run('manager = JobManager(host, host.socket)'));
  afterEach(() => python.run('manager.disconnect()'));

  /** Reads as somebody else does, who waits for the answer. `path` is "room:category:name?parameters". */
  async function read(path: string, prefer = 'wait=20'): Promise<Response> {
    const [room = ''] = path.split(':');
    const authorization = `Bearer ${await tokenOf({ sub: 'reader' })}`;
    return fetch(`${scene.address}/v1/joblib/rooms/${room}/providers/${path}`, { headers: { authorization, prefer } });
  }

  it('registers with its schema and media type, for the worker that it is', async () => {
    const id = await python.run('provider = manager.register_provider(Image, name="map", handler={}, room="here")\nstr(provider)');
    const info = await scene.alice.call('GET', '/rooms/here/providers/here:images:map/info');
    expect(info.body).toMatchObject({
      id,
      schema: await python.run('Image.model_json_schema()'),
      content_type: 'image/png',
      worker_id: await python.run('manager.worker_id'),
    });
    expect(await python.run('list(manager.handlers)')).toEqual(['here:images:map']);
  });

  it('answers reads as JSON, each of them once', async () => {
    await python.run(`
class Frames(list):
    reads = 0
    def __getitem__(self, index):
        self.reads += 1
        return super().__getitem__(index)

frames = Frames([["H"], ["H", "O"]])
manager.register_provider(Frame, name="water", handler=frames, room="lab")`);
    for (const applied of ['wait=20', null]) {
      const answer = await read('lab:frames:water?index=1');
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('preference-applied')]).toEqual([
        200,
        expect.stringMatching(/^application\/json/),
        applied,
      ]);
      expect(await answer.json()).toEqual({ index: 1, atoms: ['H', 'O'] });
    }
    expect(await python.run('frames.reads')).toBe(1);
  });

  it('answers reads with bytes as they are', async () => {
    await python.run('manager.register_provider(Image, name="maps", handler={"é & ö": bytes(n % 256 for n in range(512))}, room="lab")');
    const answer = await read(`lab:images:maps?name=${encodeURIComponent('é & ö')}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(IMAGE);
  });

  it('leaves a read that it cannot answer to its time-out', async () => {
    await python.run('manager.register_provider(Frame, name="short", handler=[], room="lab")');
    const answer = await read('lab:frames:short?index=7', 'wait=1');
    expect([answer.status, await answer.json()]).toEqual([504, expect.objectContaining({ type: '/v1/problems/provider-timeout' })]);
    expect(python.log).toContain('Provider lab:frames:short read failed');
  });

  it('is gone when it is taken back, and when its worker disconnects', async () => {
    await python.run('for name in "ab":\n    manager.register_provider(Frame, name=name, handler=[["H"]], room="lab")');
    expect((await read('lab:frames:a?index=0')).status).toBe(200);
    await python.run('manager.unregister_provider("lab:frames:a")');
    expect((await read('lab:frames:a?index=0')).status).toBe(404);
    expect((await read('lab:frames:b?index=0')).status).toBe(200);
    await python.run('manager.disconnect()');
    expect((await read('lab:frames:b?index=0')).status).toBe(404);
  });

  it('serves jobs and reads as one worker; a run finds what answers the reads', async () => {
    await python.run('manager.register_provider(Frame, name="one", handler=[["H"]], room="both")\nmanager.register(Rotate, room="both")');
    const { body } = await scene.alice.call<{ total: number }>('GET', '/rooms/both/workers');
    expect(body.total).toBe(1);
    expect(await python.run('manager.handlers')).toEqual({ 'both:frames:one': [['H']] });
  });

  it('answers again after the server was killed and came back', async () => {
    await python.run('manager.register_provider(Frame, name="lasting", handler=[["H"]] * 1000, room="lab")');
    await scene.endServer('SIGKILL');
    await scene.startServerAgain();
    // Each time another frame: a read that nobody heard of is not asked again for as long as its in-flight lock lives.
    let index = 0;
    const isAnswered = async (): Promise<boolean> => (await read(`lab:frames:lasting?index=${index++}`, 'wait=1')).status === 200;
    await until('a read is answered', isAnswered);
    expect(python.log).not.toContain('Registration lost');
  });
});
