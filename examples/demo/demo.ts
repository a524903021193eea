/** `npm run demo`: a service, a worker, four tasks, followed live; then everything is put away again. */
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobManager } from '@joblib/client';
import { formatFullName } from '@joblib/contract';
import type { TaskView } from '@joblib/contract';
import { progressFraction, sideBySide } from './display.js';
import { nextSteps } from './next-steps.js';
import { INPUT_FILE, PLAN, unmetExpectation } from './plan.js';
import type { PlannedTask } from './plan.js';
import { Processes } from './processes.js';
import { ROTATE_JOB } from './rotate-job.js';
import { Screen } from './screen.js';
import { findService, startService } from './service.js';
import type { Service } from './service.js';
import { TaskTracker } from './tracker.js';
import { formatFrame, parseXyz } from './xyz.js';
import type { Frame } from './xyz.js';

const ROOM = 'demo';
const JOB_NAME = formatFullName(ROTATE_JOB);
const DEFAULT_URL = 'http://127.0.0.1:8000';
const TASKS_TIMEOUT_MS = 120_000;
const WORKER_TIMEOUT_SECONDS = 30;
const SHOWN_LINES = 6;
const HERE = fileURLToPath(new URL('./', import.meta.url));

const screen = new Screen(process.stdout, Math.max(...PLAN.map(({ label }) => label.length)));
const processes = new Processes();
const ending = new AbortController();
const folder = join(process.cwd(), 'data', 'demo');
const workspace = join(folder, 'files');

async function tellStory(serviceFolder: string): Promise<void> {
  await layOutWorkspace();
  const found = await useRunningService();
  const service = found ?? (await startOwnService(serviceFolder));
  await startWorker(service);
  const tasks = await runTasks(service);
  await checkAndShow(tasks);
  screen.say(
    '',
    ...nextSteps({
      url: found?.url ?? DEFAULT_URL,
      isRunning: found !== null,
      roomId: ROOM,
      fullName: JOB_NAME,
      workspace: fromHere(workspace),
    }),
  );
}

async function layOutWorkspace(): Promise<void> {
  await mkdir(workspace, { recursive: true });
  await copyFile(join(HERE, '../molecules', INPUT_FILE), join(workspace, INPUT_FILE));
  for (const { payload } of PLAN) await rm(join(workspace, payload.output), { force: true });
}

async function useRunningService(): Promise<Service | null> {
  const url = (process.env.JOBLIB_URL ?? DEFAULT_URL).replace(/\/+$/, '');
  const found = await findService(url);
  if (found === null) screen.say(`No service answers at ${url}: starting one for this demo.`);
  else if (typeof found === 'string') screen.say(`${found} Starting another one for this demo.`);
  else screen.say(`Using the service at ${url}.`);
  return typeof found === 'string' ? null : found;
}

async function startOwnService(serviceFolder: string): Promise<Service> {
  const service = await startService(processes, serviceFolder);
  screen.say(`Service started at ${service.url} on SQLite (process ${service.pid}).`);
  return service;
}

async function startWorker(service: Service): Promise<void> {
  const token = await service.tokenFor('demo-worker', { isSuperuser: true });
  const env = { ...process.env, JOBLIB_URL: service.url, JOBLIB_TOKEN: token };
  const worker = processes.start({ name: 'worker', script: join(HERE, 'rotate-worker.js'), args: [workspace], cwd: folder, env });
  await worker.lineMatching(/^registered /, WORKER_TIMEOUT_SECONDS);
  screen.say(`Worker registered ${JOB_NAME} (process ${worker.pid}).`, '', `Tasks in room '${ROOM}':`);
}

async function runTasks(service: Service): Promise<readonly TaskView[]> {
  const token = await service.tokenFor('demo-user');
  await using manager = new JobManager({ url: service.url, token });
  const canceller = new Canceller(manager);
  const tracker = new TaskTracker(PLAN.length, (rows, changed) => {
    screen.showTasks(rows);
    canceller.consider(changed.id, progressFraction(changed.progress));
  });
  await manager.follow(ROOM, {
    onNews: ({ name, payload }) => name === 'task_status_event' && tracker.update(payload),
    onJoined: () => void Promise.all(tracker.unfinishedIds().map(async (id) => tracker.update(await manager.api.getTask(id)))).catch(fail),
    signal: ending.signal,
  });
  const ids: string[] = [];
  for (const planned of PLAN) {
    const task = await manager.submit(JOB_NAME, planned.payload, { room: ROOM });
    ids.push(task.id);
    canceller.watch(task.id, planned);
    tracker.add(planned.label, task);
  }
  await within(TASKS_TIMEOUT_MS, tracker.allEnded, 'The tasks did not end in time.');
  return await Promise.all(ids.map((id) => manager.waitFor(id)));
}

/** Cancels, as its submitter, a task that is to be cancelled once it has come far enough. */
class Canceller {
  private readonly limits = new Map<string, number>();

  constructor(private readonly manager: JobManager) {}

  watch(taskId: string, { cancelAtFraction }: PlannedTask): void {
    if (cancelAtFraction !== null) this.limits.set(taskId, cancelAtFraction);
  }

  consider(taskId: string, fraction: number): void {
    const limit = this.limits.get(taskId);
    if (limit === undefined || fraction < limit) return;
    this.limits.delete(taskId);
    this.manager.cancel({ id: taskId }).catch(fail);
  }
}

async function checkAndShow(tasks: readonly TaskView[]): Promise<void> {
  const defects = tasks.flatMap((task, index) => {
    const planned = PLAN[index];
    return planned ? (unmetExpectation(planned, task) ?? []) : [];
  });
  if (defects.length > 0) throw new Error(`${defects.join('. ')}.`);
  const [first] = PLAN;
  if (first === undefined) return;
  const before = await lastFrame(INPUT_FILE);
  const after = await lastFrame(first.payload.output);
  if (after.atoms.length !== before.atoms.length)
    throw new Error(`${first.payload.output} has ${after.atoms.length} atoms instead of ${before.atoms.length}.`);
  const columns = sideBySide(excerpt(INPUT_FILE, before), excerpt(`${first.payload.output}, last frame`, after), SHOWN_LINES);
  screen.say('', ...columns, '', `Result: ${JSON.stringify(tasks[0]?.result)}`, `All files are in ${fromHere(workspace)}/`);
}

async function lastFrame(file: string): Promise<Frame> {
  const frame = parseXyz(await readFile(join(workspace, file), 'utf8')).at(-1);
  if (frame === undefined) throw new Error(`${file} has no frame.`);
  return frame;
}

function excerpt(heading: string, frame: Frame): { heading: string; lines: readonly string[] } {
  return { heading, lines: formatFrame(frame) };
}

function fromHere(path: string): string {
  return relative(process.cwd(), path);
}

async function within<Value>(timeoutMs: number, value: Promise<Value>, otherwise: string): Promise<Value> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_, reject) => timeout.addEventListener('abort', () => reject(new Error(otherwise))));
  return Promise.race([value, late]);
}

/** Ends the demo from wherever something went wrong; the first reason counts. */
function fail(reason: unknown): void {
  ending.abort(reason);
}

/** Somebody asked the demo to stop. */
class Interruption extends Error {
  constructor(
    signal: NodeJS.Signals,
    readonly exitCode: number,
  ) {
    super(`Interrupted by ${signal}: stopping.`);
  }
}

/** Rejects with the first reason that `fail` is given, a signal among them. */
function failure(): Promise<never> {
  process.on('SIGINT', (signal) => fail(new Interruption(signal, 130)));
  process.on('SIGTERM', (signal) => fail(new Interruption(signal, 143)));
  process.on('SIGHUP', (signal) => fail(new Interruption(signal, 129)));
  process.stdout.on('error', fail); // `npm run demo | head`
  return new Promise((_, reject) => ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error)));
}

/** Says why, in one line first, and resolves to the exit code. */
function explain(error: unknown): number {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`\n${error instanceof Interruption ? reason : `The demo failed: ${reason}`}\n`);
  return error instanceof Interruption ? error.exitCode : 1;
}

async function main(): Promise<number> {
  await mkdir(folder, { recursive: true });
  const serviceFolder = await mkdtemp(join(folder, 'service-'));
  try {
    await Promise.race([tellStory(serviceFolder), processes.unexpectedEnd, failure()]);
    return 0;
  } catch (error) {
    return explain(error);
  } finally {
    screen.close();
    fail(new Error('The demo is over.'));
    await processes.stopAll();
    await rm(serviceFolder, { recursive: true, force: true });
  }
}

process.exit(await main());
