import type { JsonSchema, TaskStatus, TaskView } from '@joblib/contract';
import * as fc from 'fast-check';

import type { JoblibModel, Said } from './joblib-model.js';
import type { World } from './world.js';

const USERS = ['alice', 'bob'];
const ROOMS = ['lab', 'den'];
const JOBS = ['@global:modifiers:Shared', 'lab:modifiers:Private', 'den:analysis:Other'];
const SCHEMAS: readonly JsonSchema[] = [{ type: 'object' }, { type: 'object', properties: { n: { type: 'integer' } } }];
const NOBODY = '01900000-0000-7000-8000-000000000000';

interface Saying {
  readonly claimed: Said;
  readonly running: Said;
  readonly otherwise: Said;
  readonly isAny: boolean;
}

/** Who acts: whoever owns the thing, whoever submitted it, a stranger, a superuser. */
type Who = 'owner' | 'submitter' | 'stranger' | 'root';

/** One step of a sequence. Events and every list are compared after it. */
class Step implements fc.AsyncCommand<JoblibModel, World> {
  constructor(
    private readonly name: string,
    private readonly details: unknown,
    private readonly act: (model: JoblibModel, world: World) => Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: JoblibModel, world: World): Promise<void> {
    model.forgetEvents();
    world.forgetEvents();
    await this.act(model, world);
    world.expectEvents(model);
    await world.expectState(model);
  }

  toString(): string {
    return `${this.name}(${JSON.stringify(this.details)})`;
  }
}

function step<Details>(
  name: string,
  details: fc.Arbitrary<Details>,
  act: (details: Details, model: JoblibModel, world: World) => Promise<void>,
): fc.Arbitrary<Step> {
  return details.map((chosen) => new Step(name, chosen, (model, world) => act(chosen, model, world)));
}

const user = fc.constantFrom(...USERS);
/** Most of what is asked for makes sense: the jobs are known in these rooms. */
const job = fc.constantFrom(...JOBS, 'lab:modifiers:Private', '@global:modifiers:Shared');
const room = fc.constantFrom(...ROOMS, 'lab');
const payload = fc.record({ n: fc.constantFrom(1, 1, 1, 2) }, { noNullPrototype: true });
const key = fc.constantFrom('one', 'one', 'one', 'two');
const who: fc.Arbitrary<Who> = fc.constantFrom<Who>('owner', 'owner', 'owner', 'owner', 'owner', 'owner', 'submitter', 'stranger', 'root');
/** How far back: among those that something can be done with, or among all there ever were; beyond them it is an id that nobody has. */
interface Choice {
  readonly back: number;
  readonly isAny: boolean;
}

const pick: fc.Arbitrary<Choice> = fc.record({
  back: fc.integer({ min: 0, max: 3 }),
  isAny: fc.constantFrom(false, false, false, false, true),
});

function workerId(model: JoblibModel, chosen: Choice): string {
  return pickedOf([...model.workers.keys()], model.everyWorker, chosen);
}

function taskId(model: JoblibModel, chosen: Choice): string {
  const open = [...model.tasks.values()].filter(({ status }) => status === 'claimed' || status === 'running');
  return pickedOf(
    open.map(({ id }) => id),
    model.everyTask,
    chosen,
  );
}

function pickedOf(useful: readonly string[], all: readonly string[], { back, isAny }: Choice): string {
  const ids = isAny || useful.length === 0 ? all : useful;
  return ids.at(-1 - (isAny ? back : back % ids.length)) ?? NOBODY;
}

function actorFor(model: JoblibModel, id: string, acting: Who): string {
  if (acting === 'root') return 'root';
  if (acting === 'stranger') return 'carol';
  const task = model.tasks.get(id);
  return (acting === 'owner' ? task?.claimer : null) ?? task?.submitter ?? 'alice';
}

function ownerOf(model: JoblibModel, id: string, acting: Who): string {
  if (acting === 'root') return 'root';
  return acting === 'stranger' ? 'carol' : (model.workers.get(id)?.userId ?? 'alice');
}

const createWorker = step('createWorker', user, async (name, model, world) => {
  const answer = await world.user(name).createWorker();
  world.expectNewer([answer.body.id], model.everyWorker);
  world.expectAnswer('createWorker', answer, model.createWorker(name, answer.body.id));
});

const heartbeat = step('heartbeat', fc.record({ worker: pick, who, isAll: rarely() }), async (chosen, model, world) => {
  const worker = workerId(model, chosen.worker);
  const name = ownerOf(model, worker, chosen.who);
  const id = chosen.isAll ? name : worker;
  world.expectAnswer('heartbeat', await world.user(name).heartbeat(id), model.heartbeat(name, id));
});

const removeWorker = step('removeWorker', fc.record({ worker: pick, who, isAll: rarely() }), async (chosen, model, world) => {
  const worker = workerId(model, chosen.worker);
  const name = ownerOf(model, worker, chosen.who);
  const id = chosen.isAll ? name : worker;
  world.expectAnswer('removeWorker', await world.user(name).removeWorker(id), model.removeWorker(name, id));
});

const register = step(
  'register',
  fc.record({ who, worker: fc.option(pick), job, schema: fc.constantFrom(0, 0, 0, 0, 1), user }),
  async (chosen, model, world) => {
    const isReserved = chosen.job.startsWith('@') && chosen.who !== 'stranger';
    const worker = chosen.worker === null || (isReserved && !chosen.worker.isAny) ? null : workerId(model, chosen.worker);
    const name = isReserved ? 'root' : worker === null ? chosen.user : ownerOf(model, worker, chosen.who);
    const schema = SCHEMAS[chosen.schema] ?? {};
    const answer = await world.user(name).register(chosen.job, { schema, ...(worker === null ? {} : { workerId: worker }) });
    const expected = model.register(name, chosen.job, schema, worker, answer.body);
    world.expectNewer(model.everyWorker.slice(-1), model.everyWorker.slice(0, -1));
    world.expectAnswer('register', answer, expected);
  },
);

const submit = step(
  'submit',
  fc.record({ user, room, job, payload, key: fc.option(key, { freq: 3 }) }),
  async ({ user: name, room: roomId, job: fullName, payload: sent, key: chosenKey }, model, world) => {
    const headers: Record<string, string> = chosenKey === null ? {} : { 'idempotency-key': chosenKey };
    const answer = await world.user(name).submit(roomId, fullName, sent, headers);
    const fresh = answer.status === 202 ? [answer.body.id] : [];
    world.expectNewer(fresh, model.everyTask);
    world.expectAnswer('submit', answer, model.submit(name, roomId, fullName, [sent], { key: chosenKey, isBatch: false }, fresh));
    if (answer.status < 300) world.expectSame(answer.headers.get('location'), `/v1/joblib/tasks/${answer.body.id}`);
  },
);

const submitBatch = step(
  'submitBatch',
  fc.record({ user, room, job, payloads: fc.array(payload, { minLength: 1, maxLength: 3 }), key: fc.option(key, { freq: 3 }) }),
  async ({ user: name, room: roomId, job: fullName, payloads, key: chosenKey }, model, world) => {
    const headers: Record<string, string> = chosenKey === null ? {} : { 'idempotency-key': chosenKey };
    const path = `/rooms/${roomId}/tasks/${encodeURIComponent(fullName)}/batch`;
    const answer = await world.user(name).call<{ items: TaskView[] }>('POST', path, { payloads }, headers);
    const fresh = answer.status === 202 ? answer.body.items.map(({ id }) => id) : [];
    world.expectNewer(fresh, model.everyTask);
    world.expectAnswer('submitBatch', answer, model.submit(name, roomId, fullName, payloads, { key: chosenKey, isBatch: true }, fresh));
  },
);

/** Sends again what was sent under a key before, as it was or changed. */
const resend = step('resend', fc.record({ back: fc.nat(3), isChanged: rarely() }), async ({ back, isChanged }, model, world) => {
  const [scope, first] = [...model.keys].at(-1 - back) ?? [];
  if (scope === undefined || first === undefined) return;
  const [name, roomId, fullName, used] = JSON.parse(scope) as [string, string, string, string];
  const [isBatch, sent] = JSON.parse(first.fingerprint) as [boolean, Record<string, unknown>[]];
  const payloads = isChanged ? sent.map((one) => ({ ...one, more: true })) : sent;
  const path = `/rooms/${roomId}/tasks/${encodeURIComponent(fullName)}${isBatch ? '/batch' : ''}`;
  const body = isBatch ? { payloads } : { payload: payloads[0] };
  const answer = await world.user(name).call<{ items?: TaskView[]; id: string }>('POST', path, body, { 'idempotency-key': used });
  const fresh = answer.status === 202 ? (answer.body.items ?? [answer.body]).map(({ id }) => id) : [];
  world.expectNewer(fresh, model.everyTask);
  world.expectAnswer(
    isBatch ? 'resendBatch' : 'resend',
    answer,
    model.submit(name, roomId, fullName, payloads, { key: used, isBatch }, fresh),
  );
});

const claim = step(
  'claim',
  fc.record({ worker: pick, who, isForAny: fc.boolean(), maxTasks: fc.option(fc.integer({ min: 1, max: 3 })), named: rarely() }),
  async ({ worker, who: acting, isForAny, maxTasks, named }, model, world) => {
    const id = workerId(model, worker);
    const name = ownerOf(model, id, acting);
    const asked = isForAny ? (named ? name : null) : id;
    const answer = await world.user(name).claim(asked ?? undefined, maxTasks === null ? {} : { max_tasks: maxTasks });
    const expected = model.claim(name, asked, maxTasks);
    world.expectAnswer('claim', answer, expected);
    if (answer.status === 200) world.count(answer.body.task === null ? 'claim nothing' : 'claim something');
  },
);

const anySaid: fc.Arbitrary<Said> = fc.constantFrom<Said>(
  { status: 'running' },
  { status: 'running', progress: 0.5 },
  { status: 'running', error: 'ignored', result: 'early' },
  { status: 'completed' },
  { status: 'failed' },
  { status: 'cancelled' },
  { status: 'cancelled', error: 'not needed' },
  { status: 'pending' },
  { status: 'claimed' },
);

const PROGRESS: Said = { status: 'running', progress: { current: 1, total: 3, message: 'go' } };
const START: Said = { status: 'running' };

/** What is said depends on where the task is, mostly: so sequences come far. */
const saying = fc.record({
  claimed: fc.constantFrom<Said>(START, START, START, PROGRESS, { status: 'failed', error: 'it cannot' }),
  running: fc.constantFrom<Said>({ status: 'completed', result: { done: [1, 'two', null] } }, PROGRESS, {
    status: 'failed',
    error: 'it broke',
  }),
  otherwise: anySaid,
  isAny: rarely(),
});

function saidOf(model: JoblibModel, id: string, { claimed, running, otherwise, isAny }: Saying): Said {
  const status = model.tasks.get(id)?.status;
  if (isAny || (status !== 'claimed' && status !== 'running')) return otherwise;
  return status === 'claimed' ? claimed : running;
}

const report = step('report', fc.record({ task: pick, who, saying }), async (chosen, model, world) => {
  const id = taskId(model, chosen.task);
  const name = actorFor(model, id, chosen.who);
  const said = saidOf(model, id, chosen.saying);
  const { status, ...rest } = said;
  const answer = await world.user(name).report(id, status, rest);
  const expected = model.report(name, id, said);
  world.expectAnswer('report', answer, expected);
  world.count(`report ${status} ${expected.status}`);
});

const reportMany = step(
  'reportMany',
  fc.record({ who, updates: fc.array(fc.record({ task: pick, saying }), { minLength: 1, maxLength: 4 }) }),
  async (chosen, model, world) => {
    const ids = chosen.updates.map(({ task }) => taskId(model, task));
    const updates = chosen.updates.map((update, index) => ({
      id: ids[index] ?? NOBODY,
      ...saidOf(model, ids[index] ?? NOBODY, update.saying),
    }));
    const name = actorFor(model, ids[0] ?? NOBODY, chosen.who);
    const { status, headers, body } = await world
      .user(name)
      .call<{ items: { problem?: { type: string } }[] }>('PATCH', '/tasks', { updates });
    const items = body.items.map((item) =>
      item.problem === undefined ? item : { ...item, problem: item.problem.type.replace('/v1/problems/', '') },
    );
    world.expectAnswer('reportMany', { status, headers, body: { items } }, model.reportMany(name, updates));
  },
);

const look = step(
  'look',
  fc.record({ task: pick, room, job, status: fc.constantFrom<TaskStatus>('pending', 'claimed', 'running', 'failed') }),
  async (chosen, model, world) => {
    const id = taskId(model, chosen.task);
    const task = model.tasks.get(id);
    const missing = { status: 404, problem: 'task-not-found' };
    world.expectAnswer('task', await world.user('carol').task(id), task === undefined ? missing : { status: 200, body: model.view(task) });

    const known = model.jobs.get(chosen.job);
    const isSeen = known !== undefined && !known.isDeleted && (known.room === chosen.room || known.room === '@global');
    const items = model.tasksOf(chosen.room, { job: chosen.job, status: chosen.status });
    const page = { status: 200, body: { items, total: items.length, limit: 50, offset: 0 } };
    const path = `/rooms/${chosen.room}/jobs/${encodeURIComponent(chosen.job)}/tasks?status=${chosen.status}`;
    world.expectAnswer(
      'tasksOfJob',
      await world.user('carol').call('GET', path),
      isSeen ? page : { status: 404, problem: 'job-not-found' },
    );
  },
);

/** Workers vanish when time passes without a heartbeat. */
const advance = step('advance', fc.constantFrom(1, 10, 29, 31, 31, 31, 61, 61, 601, 86_401), async (seconds, _model, world) =>
  world.advance(seconds),
);

const sweep = step('sweep', fc.constant(null), async (_details, model, world) => {
  const swept = await world.sweeper.sweepOnce();
  const expected = model.sweep();
  world.expectSame(swept, { ...expected, stuckInternalTasks: 0 });
  for (const [what, count] of Object.entries(expected)) if (count > 0) world.count(`sweep ${what}`);
});

const putBack = step('putBack', fc.constant(null), async (_details, model, world) => {
  const expected = model.putBackUnstarted();
  world.expectSame(await world.sweeper.putBackUnstarted(), expected);
  if (expected > 0) world.count('putBack something');
});

const restart = step('restart', fc.constant(null), async (_details, _model, world) => {
  await world.restart();
  world.count('restart');
});

function rarely(): fc.Arbitrary<boolean> {
  return fc.constantFrom(false, false, false, true);
}

/** What every sequence begins with: jobs, workers of two users that serve them, and something to do. */
export async function begin(model: JoblibModel, world: World): Promise<void> {
  for (const [name, fullName] of [
    ['alice', 'lab:modifiers:Private'],
    ['root', '@global:modifiers:Shared'],
    ['bob', 'lab:modifiers:Private'],
  ] as const) {
    const { body } = await world.user(name).register(fullName, { schema: SCHEMAS[0] ?? {} });
    model.register(name, fullName, SCHEMAS[0] ?? {}, null, body);
  }
  const { body } = await world.user('alice').submit('lab', 'lab:modifiers:Private', { n: 1 });
  model.submit('alice', 'lab', 'lab:modifiers:Private', [{ n: 1 }], { key: null, isBatch: false }, [body.id]);
}

/** Everything that may happen, the usual more often. */
export const COMMANDS: fc.Arbitrary<Step>[] = [
  createWorker,
  ...Array.from({ length: 3 }, () => register),
  ...Array.from({ length: 5 }, () => submit),
  ...Array.from({ length: 2 }, () => submitBatch),
  ...Array.from({ length: 2 }, () => resend),
  ...Array.from({ length: 6 }, () => claim),
  ...Array.from({ length: 8 }, () => report),
  ...Array.from({ length: 2 }, () => reportMany),
  look,
  heartbeat,
  removeWorker,
  ...Array.from({ length: 3 }, () => advance),
  ...Array.from({ length: 2 }, () => sweep),
  ...Array.from({ length: 2 }, () => putBack),
  restart,
];
