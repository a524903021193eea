import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { until } from '../support/until.js';
import type { PythonConsole } from './python-console.js';
import { PYTHON, becauseOfPython } from './python.js';
import { Scene } from './scene.js';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const pythonIn = (page: string): string[] => [...read(page).matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

const WORKER = read('examples/worker-python/worker.py');
const [RELAX = '', LISTEN = '', FRAME = '', ...others] = pythonIn('examples/worker-python/README.md');

describe('pages about Python workers', () => {
  it('show the example as it is', () => {
    expect(pythonIn('docs/workers.md')).toEqual([WORKER]);
  });

  it('have no code that is not run below', () => {
    expect([RELAX, LISTEN, FRAME, ...others].filter((code) => code !== '')).toHaveLength(3);
  });

  it('lead to a version of each package, whatever is published since', () => {
    const lines = read('examples/worker-python/requirements.txt')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual(expect.arrayContaining(['zndraw-joblib==0.1.7']));
    expect(lines.filter((line) => !/^[\w.-]+(\[\w+\])?==[\d.]+$/.test(line))).toEqual([]);
  });
});

(PYTHON === '' ? describe.skip : describe)(`code in examples/worker-python/README.md${becauseOfPython}`, () => {
  let scene: Scene;
  let python: PythonConsole;

  beforeAll(async () => {
    scene = await Scene.start();
    python = await scene.console('worker');
  });
  afterAll(() => scene.close());

  it('runs an extension with what it was registered with', async () => {
    await python.run(RELAX);
    await python.run(`
class Model:
    energy = 3

    def step(self):
        self.energy -= 1

manager = JobManager(host, host.socket, execute=host.execute)
manager.register(Relax, room="relaxed", run_kwargs={"model": Model()})`);
    const { body } = await scene.alice.submit('relaxed', 'relaxed:analysis:Relax', { steps: 3 });
    expect((await scene.alice.task(body.id, { prefer: 'wait=20' })).body).toMatchObject({ status: 'completed', result: { energy: 0 } });
  });

  it('answers reads', async () => {
    await python.run(FRAME);
    const answer = await scene.alice.call('GET', '/rooms/lab/providers/lab:frames:water?index=0', undefined, { prefer: 'wait=20' });
    expect([answer.status, answer.body]).toEqual([200, ['H', 'H', 'O']]);
  });

  it('listens for ever', async () => {
    await python.run(WORKER.slice(0, WORKER.indexOf('\nwith ')));
    const end = python.run(LISTEN).catch((error: unknown) => String(error));
    await until('the job is there', async () => (await scene.alice.call('GET', '/rooms/lab/jobs/lab:modifiers:Scale')).status === 200);
    const { body } = await scene.alice.submit('lab', 'lab:modifiers:Scale', { numbers: [1, 2], factor: 10 });
    expect((await scene.alice.task(body.id, { prefer: 'wait=20' })).body).toMatchObject({ status: 'completed', result: [10, 20] });
    await python.end();
    expect(await end).toContain('The Python program ended');
  });
});
