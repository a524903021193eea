import type { JsonSchema, TaskStatus } from '@joblib/contract';

import {
  CLAIM_START_TIMEOUT_SECONDS,
  FROM,
  KEY_TTL_MS,
  TASK_RETENTION_SECONDS,
  WORKER_TIMEOUT_SECONDS,
  problem,
  removeWhere,
} from './model-rules.js';
import type { Said, Swept } from './model-rules.js';
import { byId, iso, taskEventPayload, taskView } from './model-state.js';
import type { Expected, ExpectedEvents, ModelJob, ModelKey, ModelTask, ModelWorker } from './model-state.js';

/** The contract, small and in memory: each method answers what the server has to answer, and changes the state as it has to. */
export class JoblibModel {
  readonly workers = new Map<string, ModelWorker>();
  readonly jobs = new Map<string, ModelJob>();
  readonly tasks = new Map<string, ModelTask>();
  readonly keys = new Map<string, ModelKey>();
  /** Ids of all there ever were, in order of creation. */
  readonly everyWorker: string[] = [];
  readonly everyTask: string[] = [];
  events: ExpectedEvents = { tasks: [], invalidated: new Set() };

  /** @param now epoch milliseconds. */
  constructor(private readonly now: () => number) {}

  forgetEvents(): void {
    this.events = { tasks: [], invalidated: new Set() };
  }

  createWorker(userId: string, freshId: string): Expected {
    this.#addWorker(userId, freshId);
    return { status: 201, body: { id: freshId, last_heartbeat: iso(this.now()) } };
  }

  heartbeat(userId: string, workerId: string): Expected {
    const refusal = this.#refusedWorker(userId, workerId);
    const beaten = workerId === userId ? this.#workersOf(userId) : refusal === null ? [this.#worker(workerId)] : [];
    if (beaten.length === 0) return refusal ?? problem(404, 'worker-not-found');
    for (const worker of beaten) worker.heartbeatMs = this.now();
    return { status: 200, body: { id: workerId, last_heartbeat: iso(this.now()) } };
  }

  removeWorker(userId: string, workerId: string): Expected {
    const refusal = this.#refusedWorker(userId, workerId);
    const isAllowed = refusal === null || (refusal.status === 403 && userId === 'root');
    const doomed = workerId === userId ? this.#workersOf(userId) : isAllowed ? [this.#worker(workerId)] : [];
    if (doomed.length === 0) return refusal ?? problem(404, 'worker-not-found');
    for (const worker of doomed) this.#cleanUp(worker);
    return { status: 204, body: null };
  }

  register(
    userId: string,
    fullName: string,
    schema: JsonSchema,
    workerId: string | null,
    fresh: { id: string; worker_id: string },
  ): Expected {
    const [room = '', category = '', name = ''] = fullName.split(':');
    if (room.startsWith('@') && userId !== 'root') return problem(403, 'forbidden');
    if (workerId !== null && this.workers.get(workerId)?.userId !== userId) return problem(404, 'worker-not-found');
    const known = this.jobs.get(fullName);
    if (known !== undefined && !known.isDeleted && JSON.stringify(known.schema) !== JSON.stringify(schema))
      return problem(409, 'schema-conflict');
    const job = known ?? { id: fresh.id, room, category, name, fullName, schema, isDeleted: true, workerIds: new Set<string>() };
    const isNew = job.isDeleted;
    this.jobs.set(fullName, Object.assign(job, { schema, isDeleted: false }));
    if (workerId === null) this.#addWorker(userId, fresh.worker_id);
    const linked = workerId ?? fresh.worker_id;
    job.workerIds.add(linked);
    this.#invalidate(room);
    const workers = [...job.workerIds].sort();
    const body = { id: job.id, room_id: room, category, name, full_name: fullName, schema, workers, worker_id: linked };
    return { status: isNew ? 201 : 200, body };
  }

  submit(
    userId: string,
    room: string,
    fullName: string,
    payloads: readonly Record<string, unknown>[],
    { key, isBatch }: { key: string | null; isBatch: boolean },
    freshIds: readonly string[],
  ): Expected {
    const scope = JSON.stringify([userId, room, fullName, key]);
    const fingerprint = JSON.stringify([isBatch, payloads]);
    const first = key === null ? undefined : this.keys.get(scope);
    if (first !== undefined && first.createdMs >= this.now() - KEY_TTL_MS && first.taskIds.every((id) => this.tasks.has(id))) {
      if (first.fingerprint !== fingerprint) return problem(422, 'idempotency-mismatch');
      return { status: 200, body: this.#submitted(first.taskIds, isBatch) };
    }
    const job = this.jobs.get(fullName);
    if (job === undefined || job.isDeleted || (job.room !== room && job.room !== '@global')) return problem(404, 'job-not-found');
    for (const [index, id] of freshIds.entries()) this.#addTask(userId, room, job, payloads[index] ?? {}, id);
    if (key !== null) this.keys.set(scope, { fingerprint, taskIds: freshIds, createdMs: this.now() });
    return { status: 202, body: this.#submitted(freshIds, isBatch) };
  }

  claim(userId: string, workerId: string | null, maxTasks: number | null): Expected {
    const isForAny = workerId === null || workerId === userId;
    const refusal = isForAny ? null : this.#refusedWorker(userId, workerId);
    if (refusal !== null) return refusal;
    const workers = isForAny ? this.#workersOf(userId) : [this.#worker(workerId)];
    for (const worker of workers) worker.heartbeatMs = this.now();
    const serves = (job: ModelJob): string | undefined => workers.find(({ id }) => job.workerIds.has(id))?.id;
    const taken = [...this.tasks.values()]
      .filter(({ status, job }) => status === 'pending' && !job.isDeleted && serves(job) !== undefined)
      .sort(byId)
      .slice(0, maxTasks ?? 1);
    for (const task of taken) {
      const attempt = task.attempt + 1;
      Object.assign(task, { status: 'claimed', attempt, workerId: serves(task.job), claimer: userId, claimedMs: this.now() });
      this.#tell(task);
    }
    const views = taken.map((task) => this.view(task));
    return { status: 200, body: { task: views[0] ?? null, ...(maxTasks === null ? {} : { tasks: views }) } };
  }

  report(userId: string, taskId: string, said: Said): Expected {
    const task = this.tasks.get(taskId);
    if (task === undefined) return problem(404, 'task-not-found');
    const mayCancel = said.status === 'cancelled' && task.submitter === userId;
    if (userId !== 'root' && task.claimer !== userId && !mayCancel) return problem(403, 'forbidden');
    const isProgress = said.status === 'running' && said.progress !== undefined && task.status === 'running';
    if (!isProgress && FROM[said.status]?.includes(task.status) !== true) return problem(409, 'invalid-task-transition');
    this.#apply(task, said);
    return { status: 200, body: this.view(task) };
  }

  reportMany(userId: string, updates: readonly (Said & { id: string })[]): Expected {
    const items = updates.map(({ id, ...said }) => {
      const outcome = this.report(userId, id, said);
      return 'problem' in outcome ? { id, status: outcome.status, problem: outcome.problem } : { id, status: 200, task: outcome.body };
    });
    return { status: 200, body: { items } };
  }

  sweep(): Swept {
    const silent = [...this.workers.values()].filter(({ heartbeatMs }) => heartbeatMs < this.now() - WORKER_TIMEOUT_SECONDS * 1000);
    for (const worker of silent) this.#cleanUp(worker);
    const putBackTasks = this.putBackUnstarted();
    const orphanJobs = this.#retire(this.jobs.values());
    const expiredKeys = removeWhere(this.keys, ({ createdMs }) => createdMs < this.now() - KEY_TTL_MS);
    const keptSince = this.now() - TASK_RETENTION_SECONDS * 1000;
    const expiredTasks = removeWhere(this.tasks, ({ completedMs }) => completedMs !== null && completedMs < keptSince);
    return { workers: silent.length, putBackTasks, orphanJobs, expiredKeys, expiredTasks };
  }

  putBackUnstarted(): number {
    const before = this.now() - CLAIM_START_TIMEOUT_SECONDS * 1000;
    const unstarted = [...this.tasks.values()].filter(({ status, claimedMs }) => status === 'claimed' && (claimedMs ?? before) < before);
    for (const task of unstarted) Object.assign(task, { status: 'pending', workerId: null, claimer: null, claimedMs: null });
    for (const task of unstarted) this.#tell(task);
    return unstarted.length;
  }

  view(task: ModelTask): unknown {
    return taskView(task, this.#position(task));
  }

  /** Newest first. */
  tasksOf(room: string, { job, status }: { job?: string; status?: TaskStatus } = {}): unknown[] {
    const items = [...this.tasks.values()].filter(
      (task) => task.room === room && (job === undefined || task.job.fullName === job) && (status === undefined || task.status === status),
    );
    return items
      .sort(byId)
      .reverse()
      .map((task) => this.view(task));
  }

  jobsOf(room: string): unknown[] {
    const items = [...this.jobs.values()].filter((job) => !job.isDeleted && (job.room === room || job.room === '@global'));
    return items
      .sort(byId)
      .reverse()
      .map(({ fullName, category, name, workerIds }) => ({ full_name: fullName, category, name, workers: [...workerIds].sort() }));
  }

  workerList(): unknown[] {
    const jobs = [...this.jobs.values()].filter(({ isDeleted }) => !isDeleted);
    return [...this.workers.values()]
      .sort(byId)
      .reverse()
      .map(({ id, heartbeatMs }) => ({
        id,
        last_heartbeat: iso(heartbeatMs),
        job_count: jobs.filter((job) => job.workerIds.has(id)).length,
      }));
  }

  #addWorker(userId: string, id: string): void {
    this.workers.set(id, { id, userId, heartbeatMs: this.now() });
    this.everyWorker.push(id);
  }

  #addTask(submitter: string, room: string, job: ModelJob, payload: Record<string, unknown>, id: string): void {
    const untouched = { attempt: 0, workerId: null, claimer: null, claimedMs: null, startedMs: null, completedMs: null };
    const task: ModelTask = {
      ...{ id, job, room, submitter, payload, createdMs: this.now(), status: 'pending', result: null, error: null, progress: null },
      ...untouched,
    };
    this.tasks.set(id, task);
    this.everyTask.push(id);
    this.#tell(task);
    this.#tellWorkers('task_available', task);
  }

  #submitted(taskIds: readonly string[], isBatch: boolean): unknown {
    const items = taskIds.map((id) => this.view(this.#task(id)));
    return isBatch ? { items } : items[0];
  }

  #apply(task: ModelTask, { status, result, error, progress }: Said): void {
    task.status = status;
    task.result = result ?? task.result;
    task.progress = progress ?? task.progress;
    if (status === 'running') {
      task.startedMs ??= this.now();
    } else {
      task.completedMs = this.now();
      task.error = error ?? task.error;
    }
    this.#tell(task);
    if (status !== 'cancelled') return;
    if (task.workerId === null) this.#retire([task.job]);
    else this.#tellWorkers('task_cancelled', task);
  }

  #cleanUp(worker: ModelWorker): void {
    this.workers.delete(worker.id);
    for (const task of this.tasks.values()) {
      if (task.workerId !== worker.id || (task.status !== 'claimed' && task.status !== 'running')) continue;
      Object.assign(task, { status: 'failed', error: 'Worker disconnected', completedMs: this.now() });
      this.#tell(task);
    }
    const served = [...this.jobs.values()].filter(({ workerIds }) => workerIds.delete(worker.id));
    for (const { room } of served) this.#invalidate(room);
    this.#retire(served);
  }

  #retire(jobs: Iterable<ModelJob>): number {
    const pending = new Set([...this.tasks.values()].filter(({ status }) => status === 'pending').map(({ job }) => job));
    const orphans = [...jobs].filter((job) => !job.isDeleted && job.workerIds.size === 0 && !pending.has(job));
    for (const job of orphans) {
      job.isDeleted = true;
      this.#invalidate(job.room);
    }
    return orphans.length;
  }

  #invalidate(room: string): void {
    this.events.invalidated.add(`room:${room}`);
    if (room === '@global') this.events.invalidated.add('room:*');
  }

  #tell(task: ModelTask): void {
    const payload = taskEventPayload(task, this.#position(task));
    this.events.tasks.push({ id: task.id, name: 'task_status_event', room: `room:${task.room}`, payload });
  }

  #tellWorkers(name: string, { id, job, room }: ModelTask): void {
    const payload = { task_id: id, job_name: job.fullName, room_id: room };
    this.events.tasks.push({ id, name, room: `jobs:${job.fullName}`, payload });
  }

  #position(task: ModelTask): number | null {
    if (task.status !== 'pending') return null;
    return [...this.tasks.values()].filter(({ job, status, id }) => job === task.job && status === 'pending' && id <= task.id).length;
  }

  #refusedWorker(userId: string, workerId: string): { status: number; problem: string } | null {
    const worker = this.workers.get(workerId);
    if (worker === undefined) return problem(404, 'worker-not-found');
    return worker.userId === userId ? null : problem(403, 'forbidden');
  }

  #workersOf(userId: string): ModelWorker[] {
    return [...this.workers.values()].filter((worker) => worker.userId === userId).sort(byId);
  }

  #worker(id: string): ModelWorker {
    const worker = this.workers.get(id);
    if (worker === undefined) throw new Error(`The model knows no worker ${id}.`);
    return worker;
  }

  #task(id: string): ModelTask {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`The model knows no task ${id}.`);
    return task;
  }
}
