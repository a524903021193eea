import type { HandOutLedger } from './hand-out-checker.js';
import type { Latencies } from './latencies.js';
import type { TaskApi, TaskStub } from './task-api.js';

export const LOAD_NAMES = ['steady', 'backlog', 'batched'] as const;
export type LoadName = (typeof LOAD_NAMES)[number];

/** One connection with the worker it claims for. */
export interface Lane {
  readonly api: TaskApi;
  readonly workerId: string;
}

/** Where a load runs, how long, and where it writes down what it saw. */
export interface LoadContext {
  readonly lanes: readonly Lane[];
  readonly roomId: string;
  readonly seconds: number;
  readonly backlogSize: number;
  readonly batchSize: number;
  readonly ledger: HandOutLedger;
  readonly latencies: Latencies;
}

export interface LoadOutcome {
  readonly lifecycles: number;
  readonly elapsedSeconds: number;
  /** Only of `backlog`: how the time was divided. */
  readonly submitSeconds?: number;
}

export const LOADS: Record<LoadName, (context: LoadContext) => Promise<LoadOutcome>> = {
  steady: (context) => untilDeadline(context, (lane) => oneLifecycle(context, lane)),
  backlog: runBacklog,
  batched: (context) => untilDeadline(context, (lane) => oneBatch(context, lane)),
};

/** Works off whatever a load left pending, so that the next one starts from an empty queue; the last claim finds nothing. */
export async function drain(context: LoadContext): Promise<void> {
  const lane = context.lanes[0];
  if (!lane) return;
  for (;;) {
    const task = await claimOne(context, lane);
    if (!task) return;
    await workOn(context, lane, task);
  }
}

/** Every lane repeats `round` until the time is up and finishes the one it is in. */
async function untilDeadline(context: LoadContext, round: (lane: Lane) => Promise<number>): Promise<LoadOutcome> {
  const beganMs = performance.now();
  const deadlineMs = beganMs + context.seconds * 1000;
  let lifecycles = 0;
  await Promise.all(
    context.lanes.map(async (lane) => {
      while (performance.now() < deadlineMs) {
        const done = await round(lane);
        lifecycles += done;
      }
    }),
  );
  return { lifecycles, elapsedSeconds: (performance.now() - beganMs) / 1000 };
}

/** Submit, claim, start, complete. The claimed task may be one that another lane submitted: still the lane makes four calls. */
async function oneLifecycle(context: LoadContext, lane: Lane): Promise<number> {
  const beganMs = performance.now();
  await submitOne(context, lane);
  const task = await claimOne(context, lane);
  if (!task) return 0;
  await workOn(context, lane, task);
  context.latencies.add('lifecycle', performance.now() - beganMs);
  return 1;
}

async function runBacklog(context: LoadContext): Promise<LoadOutcome> {
  const beganMs = performance.now();
  let left = context.backlogSize;
  await Promise.all(
    context.lanes.map(async (lane) => {
      while (left > 0) {
        left -= 1;
        await submitOne(context, lane);
      }
    }),
  );
  const submittedMs = performance.now();
  let lifecycles = 0;
  await Promise.all(
    context.lanes.map(async (lane) => {
      for (;;) {
        const claimMs = performance.now();
        const task = await claimOne(context, lane);
        if (!task) return;
        await workOn(context, lane, task);
        context.latencies.add('lifecycle', performance.now() - claimMs);
        lifecycles += 1;
      }
    }),
  );
  return { lifecycles, elapsedSeconds: (performance.now() - beganMs) / 1000, submitSeconds: (submittedMs - beganMs) / 1000 };
}

async function submitOne({ roomId, ledger, latencies }: LoadContext, lane: Lane): Promise<void> {
  const beganMs = performance.now();
  const task = await lane.api.submit(roomId);
  ledger.submitted(task.id, task.created_at, ledger.tick());
  latencies.add('submit', performance.now() - beganMs);
}

async function claimOne({ ledger, latencies }: LoadContext, lane: Lane): Promise<TaskStub | null> {
  const beganTick = ledger.tick();
  const beganMs = performance.now();
  const task = await lane.api.claim(lane.workerId);
  latencies.add('claim', performance.now() - beganMs);
  if (task) ledger.handedOut(task.id, beganTick, ledger.tick());
  else ledger.foundNothing(beganTick, ledger.tick());
  return task;
}

async function workOn({ ledger, latencies }: LoadContext, lane: Lane, task: TaskStub): Promise<void> {
  const beganMs = performance.now();
  await lane.api.report(task.id, 'running');
  const startedMs = performance.now();
  await lane.api.report(task.id, 'completed');
  ledger.completed(task.id);
  latencies.add('start', startedMs - beganMs);
  latencies.add('complete', performance.now() - startedMs);
}

/** The same four steps, many tasks per call. The latencies are those of the calls, not of single tasks. */
async function oneBatch({ roomId, batchSize, ledger, latencies }: LoadContext, lane: Lane): Promise<number> {
  const beganMs = performance.now();
  const submitted = await lane.api.submitBatch(roomId, batchSize);
  const submitTick = ledger.tick();
  for (const task of submitted) ledger.submitted(task.id, task.created_at, submitTick);
  const submittedMs = performance.now();
  const claimTick = ledger.tick();
  const tasks = await lane.api.claimMany(lane.workerId, batchSize);
  const answeredTick = ledger.tick();
  for (const task of tasks) ledger.handedOut(task.id, claimTick, answeredTick);
  const claimedMs = performance.now();
  if (tasks.length === 0) {
    ledger.foundNothing(claimTick, answeredTick);
    return 0;
  }
  await lane.api.reportMany(tasks, 'running');
  const startedMs = performance.now();
  await lane.api.reportMany(tasks, 'completed');
  const completedMs = performance.now();
  for (const task of tasks) ledger.completed(task.id);
  latencies.add('submit', submittedMs - beganMs);
  latencies.add('claim', claimedMs - submittedMs);
  latencies.add('start', startedMs - claimedMs);
  latencies.add('complete', completedMs - startedMs);
  latencies.add('lifecycle', completedMs - beganMs);
  return tasks.length;
}
