import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { codesIn, readPage, sectionOf } from '../docs/markdown.js';
import { isRunning } from '../services/process-scene.js';
import { until } from '../support/until.js';
import { Playground } from './server-process.js';
import { ServicesScene } from './services-scene.js';

const EXAMPLE = 'examples/managed-worker/joblib.yaml';
const ROTATE = '@global:modifiers:Rotate';
const HALF_TURN = { point: [1, 2], degrees: 180 };

const playground = new Playground();
let scene: ServicesScene;

beforeAll(async () => {
  scene = await ServicesScene.open(playground, { JOBLIB_CONFIG: join(process.cwd(), EXAMPLE) });
  await scene.start();
});
afterAll(() => playground.clear());

/** The one program that runs. */
function worker(): number {
  const [pid = 0, ...more] = scene.pids();
  expect([pid > 1, more]).toEqual([true, []]);
  return pid;
}

async function expectTurned(): Promise<void> {
  const { status, result } = await scene.result(ROTATE, HALF_TURN);
  expect([status, (result as number[]).map(Math.round)]).toEqual(['completed', [-1, -2]]);
}

/** One story: each part goes on where the one before has ended. */
describe('a worker that the service manages, as the README has it', () => {
  it('is the one that README and page name', () => {
    for (const page of ['README.md', 'docs/services.md', 'examples/managed-worker/README.md']) {
      expect(readFileSync(page, 'utf8')).toContain(`JOBLIB_CONFIG=${EXAMPLE} npm start`);
    }
  });

  it('is started after the server listens, and does tasks', async () => {
    await scene.untilHealthy();
    expect(await scene.services()).toMatchObject([{ name: 'rotate-worker', kind: 'process', restarts: 0, last_error: null }]);
    expect(scene.server.stdout.indexOf('listening on')).toBeLessThan(scene.server.stdout.indexOf('[Services]'));
    await expectTurned();
  });

  it('has its figures among those of the server, of which the page has every one', async () => {
    const text = await (await fetch(`${scene.url}/metrics`)).text();
    expect(text).toContain('joblib_service_state{service="rotate-worker",state="running"} 1\n');
    const shown = [...text.matchAll(/^# TYPE (joblib_\S+)/gm)].map(([, name]) => name);
    const documented = codesIn(sectionOf(readPage('operations.md'), 2, 'Metrics')).filter((name) => name.startsWith('joblib_'));
    // Those of Redis are there where it is.
    expect(documented.filter((name) => !name.startsWith('joblib_redis_')).sort()).toEqual(shown.sort());
  });

  it('is started again when it is killed, and the next task completes', async () => {
    const killed = worker();
    process.kill(killed, 'SIGKILL');
    await scene.untilServices('the end of the worker', ({ state }) => state !== 'running');
    await expectTurned();
    expect(worker()).not.toBe(killed);
    expect(await scene.services()).toMatchObject([{ restarts: 1, last_error: 'Service rotate-worker ended by SIGKILL' }]);
  });

  it('is started anew after a kill of the server, and the one before is gone', async () => {
    const orphan = worker();
    await scene.server.stop('SIGKILL');
    await scene.start();
    await until('the end of the orphan', () => !isRunning(orphan));
    await scene.untilHealthy();
    expect(worker()).not.toBe(orphan);
    await expectTurned();
  });

  it('is ended with the server, and has taken its leave', async () => {
    const pid = worker();
    const before = await scene.root.call<{ total: number }>('GET', '/workers');
    expect(await scene.server.stop()).toBe(0);
    expect([scene.server.stderr, isRunning(pid), scene.pids()]).toEqual(['', false, []]);
    await scene.start();
    await scene.untilHealthy();
    const after = await scene.root.call<{ total: number }>('GET', '/workers');
    // One came, one went; the one whose server was killed is left to the sweeper.
    expect(after.body.total).toBe(before.body.total);
  });
});
