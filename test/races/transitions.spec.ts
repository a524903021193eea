import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Sweeper } from '@joblib/nestjs';
import type { TaskStatus, TaskView } from '@joblib/contract';

import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { isOnPostgres } from '../support/test-database.js';
import { race } from '../support/race.js';

/** What two calls at once have to do with: one task, and the worker that it belongs to or may belong to. */
interface State {
  readonly status: TaskStatus;
  /** Until then nobody but the submitter has a say. */
  readonly isClaimed: boolean;
  readonly isWorkerThere: boolean;
  readonly isWorkerSilent: boolean;
}

/** What a caller is told, in one word. */
type Told = 'done' | 'nothing' | 'conflict' | 'forbidden' | 'gone';

interface Move {
  /** What it does alone. */
  readonly alone: (state: State) => { readonly told: Told; readonly next: State };
  readonly send: (scene: Scene) => Promise<Told>;
}

interface Scene {
  readonly worker: string;
  readonly task: string;
}

const TOLD: Readonly<Record<number, Told>> = { 200: 'done', 204: 'done', 403: 'forbidden', 404: 'gone', 409: 'conflict' };
const ALIVE: readonly TaskStatus[] = ['claimed', 'running'];

let server: JoblibApp;
let owner: JoblibUser;
let submitter: JoblibUser;

function told(status: number): Told {
  const word = TOLD[status];
  if (word === undefined) throw new Error(`Nobody should be told ${status} here.`);
  return word;
}

function report(to: TaskStatus, from: readonly TaskStatus[], said: Record<string, unknown> = {}, who = () => owner): Move {
  return {
    alone: (state) => {
      if (to !== 'cancelled' && !state.isClaimed) return { told: 'forbidden', next: state };
      return from.includes(state.status) ? { told: 'done', next: { ...state, status: to } } : { told: 'conflict', next: state };
    },
    send: async ({ task }) => told((await who().report(task, to, said)).status),
  };
}

function withoutWorker(state: State): State {
  return { ...state, isWorkerThere: false, status: ALIVE.includes(state.status) ? 'failed' : state.status };
}

const MOVES: Readonly<Record<string, Move>> = {
  claim: {
    alone: (state) => {
      if (!state.isWorkerThere) return { told: 'gone', next: state };
      const next = { ...state, isWorkerSilent: false };
      return state.status === 'pending'
        ? { told: 'done', next: { ...next, status: 'claimed', isClaimed: true } }
        : { told: 'nothing', next };
    },
    send: async ({ worker }) => {
      const { status, body } = await owner.claim(worker);
      return status === 200 && body.task === null ? 'nothing' : told(status);
    },
  },
  start: report('running', ['claimed']),
  progress: report('running', ALIVE, { progress: 0.5 }),
  complete: report('completed', ['running'], { result: { by: 'complete' } }),
  fail: report('failed', ALIVE, { error: 'it broke' }),
  cancel: report('cancelled', ['pending', ...ALIVE], {}, () => submitter),
  'clean-up': {
    alone: (state) => (state.isWorkerThere ? { told: 'done', next: withoutWorker(state) } : { told: 'gone', next: state }),
    send: async ({ worker }) => told((await owner.removeWorker(worker)).status),
  },
  sweep: {
    alone: (state) =>
      state.isWorkerThere && state.isWorkerSilent ? { told: 'done', next: withoutWorker(state) } : { told: 'nothing', next: state },
    send: async () => ((await server.app.get(Sweeper).sweepOnce()).workers > 0 ? 'done' : 'nothing'),
  },
  heartbeat: {
    alone: (state) => (state.isWorkerThere ? { told: 'done', next: { ...state, isWorkerSilent: false } } : { told: 'gone', next: state }),
    send: async ({ worker }) => told((await owner.heartbeat(worker)).status),
  },
};

const NAMES = Object.keys(MOVES);
const PAIRS = NAMES.flatMap((first, index) => NAMES.slice(index).map((second) => [first, second] as const));
const FROM: readonly TaskStatus[] = ['pending', 'claimed', 'running'];
// How calls mix on PostgreSQL is up to its round trips more than to turns of the event loop.
const GAPS = isOnPostgres ? [-2, 0, 2] : [-5, -2, -1, 0, 1, 2, 5];

let arranged = 0;

/** A task in the state, of a job and a worker that nobody else has to do with. */
async function arrange(status: TaskStatus): Promise<Scene> {
  arranged += 1;
  const fullName = `lab:modifiers:Race ${arranged}`;
  const { body: job } = await owner.register(fullName);
  const { body: task } = await submitter.submit('lab', fullName);
  if (status !== 'pending') await owner.claim(job.worker_id);
  if (status === 'running') await owner.report(task.id, 'running');
  return { worker: job.worker_id, task: task.id };
}

/** What one order of two moves leads to, as it is compared with what happened. */
function inOrder(start: State, first: Move, second: Move): { told: [Told, Told]; end: State } {
  const one = first.alone(start);
  const two = second.alone(one.next);
  return { told: [one.told, two.told], end: two.next };
}

/** Every `task_status_event` of the task so far. */
function eventsOf(task: string): unknown[] {
  return server.events.payloadsOf('task_status_event').filter(({ id }) => id === task);
}

function asEvent({ id, job_name: name, room_id, ...rest }: TaskView): unknown {
  const { status, created_at, started_at, completed_at, queue_position, worker_id, error, progress, result } = rest;
  return { id, name, room_id, status, created_at, started_at, completed_at, queue_position, worker_id, error, progress, result };
}

async function isWorkerThere(worker: string): Promise<boolean> {
  const { body } = await owner.call<{ items: { id: string }[] }>('GET', '/workers?limit=500');
  return body.items.some(({ id }) => id === worker);
}

describe.each(FROM)('two moves at once from %s', (status) => {
  beforeAll(async () => {
    server = await startJoblib();
    owner = new JoblibUser(server.origin, 'owner');
    submitter = new JoblibUser(server.origin, 'submitter');
  });
  afterAll(() => server.close());
  // Also of a pair that failed: the next sweep must find only its own.
  afterEach(() => emptyTables(server.dataSource));

  it.each(PAIRS)('%s against %s ends like one of both orders, and who lost changed nothing', async (firstName, secondName) => {
    const [first, second] = [MOVES[firstName], MOVES[secondName]] as [Move, Move];
    const isWorkerSilent = firstName === 'sweep' || secondName === 'sweep';
    const start: State = { status, isClaimed: status !== 'pending', isWorkerThere: true, isWorkerSilent };
    const there = inOrder(start, first, second);
    const back = inOrder(start, second, first);
    const legal = [there, { ...back, told: [back.told[1], back.told[0]] }];
    // What a move makes of itself, against itself, is the same from either side.
    const gaps = first === second ? GAPS.filter((gap) => gap >= 0) : GAPS;
    // A sweep finds every silent worker that there is, so those come one at a time.
    const scenes = isWorkerSilent ? [] : await Promise.all(gaps.map(() => arrange(status)));
    for (const [index, gap] of gaps.entries()) {
      const scene = scenes[index] ?? (await arrange(status));
      if (isWorkerSilent) server.clock.advance(61);
      server.events.clear();
      const answers = await race(
        gap,
        () => first.send(scene),
        () => second.send(scene),
      );
      const [{ body: task }, workerIsThere] = await Promise.all([submitter.task(scene.task), isWorkerThere(scene.worker)]);
      const happened = { told: answers, status: task.status, isWorkerThere: workerIsThere };
      expect(legal.map(({ told: both, end }) => ({ told: both, status: end.status, isWorkerThere: end.isWorkerThere }))).toContainEqual(
        happened,
      );

      const events = eventsOf(scene.task);
      expect(events).toHaveLength(changesOf([firstName, secondName], answers, status));
      if (events.length > 0) expect(events.at(-1)).toEqual(asEvent(task));
      if (isWorkerSilent) await emptyTables(server.dataSource);
    }
  });
});

/** How often the task changed: with each move that was done and that concerns it. */
function changesOf(names: readonly string[], answers: readonly Told[], from: TaskStatus): number {
  const done = names.filter((_, index) => answers[index] === 'done');
  const moved = done.filter((name) => name !== 'heartbeat' && !isRemoval(name));
  const hasEnded = moved.some((name) => ['complete', 'fail', 'cancel'].includes(name));
  // A removal fails what is claimed or running when it comes; after an end there is nothing left to fail.
  const failsTask = done.some(isRemoval) && !hasEnded && (from !== 'pending' || moved.includes('claim'));
  return moved.length + (failsTask ? 1 : 0);
}

function isRemoval(name: string): boolean {
  return name === 'clean-up' || name === 'sweep';
}
