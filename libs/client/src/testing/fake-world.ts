import { ProblemError, isTerminal } from '@joblib/contract';
import type {
  JobView,
  ProblemDocument,
  ProviderView,
  RegisteredJob,
  ServerEvents,
  TaskStatus,
  TaskView,
  WorkerView,
} from '@joblib/contract';

import type { TaskReport } from '../http/joblib-api.js';

/** Tells a socket room of something, and whoever waits for anything to look again. */
export type Tell = (room: string, event: string, payload: unknown) => void;

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A provider's answer to one read. */
export interface FakeResult {
  readonly bytes: ArrayBuffer;
  readonly contentType: string;
  readonly isError: boolean;
}

const NEXT: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ['cancelled'],
  claimed: ['running', 'failed', 'cancelled'],
  running: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

/** Workers, jobs, tasks and providers of a fake server, and what may happen to them. Order of creation is the order of the maps. */
export class FakeWorld {
  readonly workers = new Map<string, WorkerView>();
  readonly jobs = new Map<string, Mutable<JobView>>();
  readonly tasks = new Map<string, Mutable<TaskView>>();
  readonly providers = new Map<string, ProviderView>();
  /** By provider id and request hash. */
  readonly results = new Map<string, FakeResult>();
  readonly #submissions = new Map<string, string>();
  #lastId = 0;

  constructor(private readonly tell: Tell) {}

  createWorker(): WorkerView {
    const worker = { id: this.#newId(), last_heartbeat: this.#time() };
    this.workers.set(worker.id, worker);
    return worker;
  }

  /** @throws ProblemError `WorkerNotFound` */
  getWorker(workerId: string): WorkerView {
    const worker = this.workers.get(workerId);
    if (worker === undefined) throw new ProblemError('WorkerNotFound', `There is no worker '${workerId}'.`);
    return worker;
  }

  /** As a sweep or a deletion does it: its tasks fail, its links and providers go, and jobs without workers and pending tasks. */
  removeWorker(workerId: string): void {
    this.workers.delete(workerId);
    for (const [fullName, { worker_id: owner }] of this.providers) if (owner === workerId) this.providers.delete(fullName);
    for (const task of this.tasks.values()) {
      if (task.worker_id === workerId && !isTerminal(task.status)) this.#change(task, { status: 'failed', error: 'Worker disconnected' });
    }
    for (const [fullName, job] of this.jobs) {
      job.workers = job.workers.filter((id) => id !== workerId);
      if (job.workers.length === 0 && !this.#hasPending(fullName)) this.jobs.delete(fullName);
      this.tell(`room:${job.room_id}`, 'jobs_invalidate', {});
    }
  }

  registerJob(roomId: string, { category, name, schema, worker_id: workerId }: RegisteredJob): RegisteredJob {
    const worker = this.getWorker(workerId);
    const fullName = `${roomId}:${category}:${name}`;
    const known = this.jobs.get(fullName);
    if (known !== undefined && known.workers.length > 0 && JSON.stringify(known.schema) !== JSON.stringify(schema)) {
      throw new ProblemError('SchemaConflict', `'${fullName}' is registered with another schema.`);
    }
    const workers = [...new Set([...(known?.workers ?? []), worker.id])];
    const id = known?.id ?? this.#newId();
    this.jobs.set(fullName, { id, room_id: roomId, category, name, full_name: fullName, schema, workers });
    this.tell(`room:${roomId}`, 'jobs_invalidate', {});
    return { ...this.getJob(fullName), worker_id: worker.id };
  }

  /** @throws ProblemError `JobNotFound` */
  getJob(fullName: string): JobView {
    const job = this.jobs.get(fullName);
    if (job === undefined) throw new ProblemError('JobNotFound', `Job '${fullName}' is not registered.`);
    return job;
  }

  submit(roomId: string, fullName: string, payload: unknown = {}, idempotencyKey?: string): TaskView {
    this.getJob(fullName);
    const first = idempotencyKey === undefined ? undefined : this.#submissions.get(idempotencyKey);
    if (first !== undefined) return this.getTask(first);
    const task = this.#newTask(roomId, fullName, payload as TaskView['payload']);
    this.tasks.set(task.id, task);
    if (idempotencyKey !== undefined) this.#submissions.set(idempotencyKey, task.id);
    this.tell(`room:${roomId}`, 'task_status_event', eventOf(task));
    this.tell(`jobs:${fullName}`, 'task_available', { job_name: fullName, room_id: roomId, task_id: task.id });
    return task;
  }

  /** @throws ProblemError `TaskNotFound` */
  getTask(taskId: string): Mutable<TaskView> {
    const task = this.tasks.get(taskId);
    if (task === undefined) throw new ProblemError('TaskNotFound', `There is no task '${taskId}'.`);
    return task;
  }

  claim(workerId: string, maxTasks: number): readonly TaskView[] {
    this.getWorker(workerId);
    const mine = [...this.tasks.values()].filter(
      ({ status, job_name: jobName }) => status === 'pending' && this.jobs.get(jobName)?.workers.includes(workerId) === true,
    );
    return mine.slice(0, maxTasks).map((task) => {
      this.#change(task, { status: 'claimed', worker_id: workerId, attempt: task.attempt + 1 });
      return task;
    });
  }

  /** Puts back what was claimed by an answer that reached nobody. */
  undoClaim(tasks: readonly TaskView[]): void {
    for (const { id, attempt } of tasks) this.#change(this.getTask(id), { status: 'pending', worker_id: null, attempt: attempt - 1 });
  }

  /** @throws ProblemError `InvalidTaskTransition` */
  report(taskId: string, { status, error, result, progress }: TaskReport): TaskView {
    const task = this.getTask(taskId);
    const isProgress = status === 'running' && task.status === 'running' && progress !== undefined;
    if (!isProgress && !NEXT[task.status].includes(status)) {
      throw new ProblemError('InvalidTaskTransition', `Task '${taskId}' is ${task.status} and cannot become ${status}.`);
    }
    const wasTaken = task.status === 'claimed' || task.status === 'running';
    this.#change(task, {
      status,
      ...(error !== undefined && { error }),
      ...(result !== undefined && { result }),
      ...(progress !== undefined && { progress }),
    });
    if (status === 'cancelled' && wasTaken) {
      this.tell(`jobs:${task.job_name}`, 'task_cancelled', { task_id: task.id, job_name: task.job_name, room_id: task.room_id });
    }
    return task;
  }

  registerProvider(roomId: string, body: Omit<ProviderView, 'id'>): ProviderView {
    this.getWorker(body.worker_id ?? '');
    const fullName = `${roomId}:${body.category}:${body.name}`;
    const id = this.providers.get(fullName)?.id ?? this.#newId();
    const provider = { ...body, id, room_id: roomId, full_name: fullName, created_at: this.#time() };
    this.providers.set(fullName, provider);
    return provider;
  }

  /** @throws ProblemError when there is none. */
  getProviderById(id: string): ProviderView {
    const provider = [...this.providers.values()].find((each) => each.id === id);
    if (provider === undefined) throw new ProblemError('ProviderNotFound', `There is no provider '${id}'.`);
    return provider;
  }

  #hasPending(fullName: string): boolean {
    return [...this.tasks.values()].some(({ status, job_name: jobName }) => status === 'pending' && jobName === fullName);
  }

  #change(task: Mutable<TaskView>, fields: Partial<TaskView>): void {
    const started = fields.status === 'running' && task.status !== 'running' ? { started_at: this.#time() } : {};
    const ended = fields.status !== undefined && isTerminal(fields.status) ? { completed_at: this.#time() } : {};
    Object.assign(task, started, ended, fields, { queue_position: fields.status === 'pending' ? 1 : null });
    this.tell(`room:${task.room_id}`, 'task_status_event', eventOf(task));
  }

  #newTask(roomId: string, fullName: string, payload: TaskView['payload']): Mutable<TaskView> {
    const ahead = [...this.tasks.values()].filter(({ status, job_name: jobName }) => status === 'pending' && jobName === fullName);
    return {
      id: this.#newId(),
      job_name: fullName,
      room_id: roomId,
      status: 'pending',
      created_at: this.#time(),
      started_at: null,
      completed_at: null,
      worker_id: null,
      error: null,
      payload,
      queue_position: ahead.length + 1,
      result: null,
      progress: null,
      created_by_id: 'somebody',
      attempt: 0,
    };
  }

  /** Looks like a UUID, and sorts by creation. */
  #newId(): string {
    this.#lastId += 1;
    return `00000000-0000-7000-8000-${String(this.#lastId).padStart(12, '0')}`;
  }

  /** Each later than the one before. */
  #time(): string {
    this.#lastId += 1;
    return new Date(Date.UTC(2026, 0, 1) + this.#lastId).toISOString();
  }
}

/** The document that refuses. */
export function documentOf(error: unknown): ProblemDocument {
  return (error instanceof ProblemError ? error : new ProblemError('InternalError', String(error))).toDocument();
}

function eventOf(task: TaskView): ServerEvents['task_status_event'] {
  const {
    id,
    job_name: name,
    room_id,
    status,
    created_at,
    started_at,
    completed_at,
    queue_position,
    worker_id,
    error,
    progress,
    result,
  } = task;
  return { id, name, room_id, status, created_at, started_at, completed_at, queue_position, worker_id, error, progress, result };
}
