import type { RoomEvent } from '@joblib/contract';

import type { Job } from '../../libs/nestjs/src/domain/job.js';
import type { Task } from '../../libs/nestjs/src/domain/task.js';
import type { Worker } from '../../libs/nestjs/src/domain/worker.js';
import {
  ClaimStore,
  DeliveryListStore,
  DeliveryStore,
  JobStore,
  LeaseStore,
  Outbox,
  SubmissionKeyStore,
  TaskListStore,
  TaskStore,
  TimeOrderedIds,
  UnitOfWork,
  WorkerStore,
} from '../../libs/nestjs/src/persistence/index.js';
import type { ReportChange, Transaction } from '../../libs/nestjs/src/persistence/index.js';
import { LocalWakeUps } from '../../libs/nestjs/src/ports/index.js';
import { FakeClock, RecordingEventPublisher } from '../../libs/nestjs/src/testing/index.js';
import type { DatabaseKind, OpenDatabase } from './databases.js';
import { PENDING } from './sample-rows.js';

const NOW = Date.UTC(2026, 0, 1);

/** All stores over one database, and factories for what they keep. Every row it makes is in the database already. */
export class Workbench {
  readonly clock = new FakeClock(NOW);
  readonly ids: TimeOrderedIds;
  readonly publisher = new RecordingEventPublisher();
  readonly wakeUps = new LocalWakeUps();
  readonly unitOfWork: UnitOfWork;
  readonly jobs = new JobStore();
  readonly outbox = new Outbox();
  readonly tasks = new TaskStore(this.outbox);
  readonly claims = new ClaimStore();
  readonly workers = new WorkerStore();
  readonly keys = new SubmissionKeyStore();
  readonly leases = new LeaseStore();
  readonly deliveries = new DeliveryStore();
  readonly lists: TaskListStore;
  readonly deliveryLists: DeliveryListStore;

  private constructor(readonly database: OpenDatabase) {
    this.unitOfWork = new UnitOfWork(database.sessionMaker, this.publisher, this.wakeUps);
    this.ids = new TimeOrderedIds(this.unitOfWork, this.clock);
    this.lists = new TaskListStore(this.unitOfWork);
    this.deliveryLists = new DeliveryListStore(this.unitOfWork);
  }

  static async open(kind: DatabaseKind): Promise<Workbench> {
    return Workbench.on(await kind.open());
  }

  static on(database: OpenDatabase): Workbench {
    return new Workbench(database);
  }

  get now(): number {
    return this.clock.now();
  }

  get events(): readonly RoomEvent[] {
    return this.publisher.events;
  }

  close(): Promise<void> {
    return this.database.close();
  }

  write<Output>(work: (transaction: Transaction) => Promise<Output>): Promise<Output> {
    return this.unitOfWork.run(work);
  }

  get read(): UnitOfWork['read'] {
    return this.unitOfWork.read.bind(this.unitOfWork);
  }

  async aWorker(facts: Partial<Worker> = {}): Promise<Worker> {
    const { id, createdAt } = this.ids.next();
    const worker: Worker = { id, userId: 'ann', createdAt, lastHeartbeat: createdAt, ...facts };
    await this.write((transaction) => this.workers.insert(transaction, worker));
    return worker;
  }

  async aJob(facts: Partial<Job> = {}): Promise<Job> {
    const job: Job = {
      ...this.ids.next(),
      roomId: '@global',
      category: 'modifiers',
      name: 'Rotate',
      schema: '{}',
      deletedAt: null,
      ...facts,
    };
    await this.write((transaction) => this.jobs.insert(transaction, job));
    return job;
  }

  async aLink(worker: Worker, job: Job): Promise<void> {
    await this.write((transaction) => this.jobs.link(transaction, worker.id, job.id));
  }

  /** A pending task, as the store gives it back. */
  async aTask(job: Job, facts: Partial<Task> = {}): Promise<Task> {
    const [task] = await this.someTasks(job, 1, facts);
    if (task === undefined) throw new Error('No task was made.');
    return task;
  }

  /** Oldest first, in one transaction. */
  async someTasks(job: Job, count: number, facts: Partial<Task> = {}): Promise<Task[]> {
    const tasks = Array.from({ length: count }, () => ({ ...this.#pendingTask(job), ...facts }));
    await this.write((transaction) => this.tasks.insert(transaction, tasks));
    return tasks;
  }

  /** Claimed by the worker, which need not be linked. */
  async aClaimedTask(job: Job, worker: Worker, facts: Partial<Task> = {}): Promise<Task> {
    const { id } = await this.aTask(job, facts);
    const request = { userId: worker.userId, workerOfJob: new Map([[job.id, worker.id]]), maxTasks: 1000, starts: false };
    const [taken] = await this.write((transaction) => this.claims.take(transaction, [request], this.now, null));
    const task = taken?.tasks.find((one) => one.id === id);
    if (task === undefined) throw new Error('The task was not claimed.');
    return task;
  }

  /** What a report by `ann` asks for, together with others or alone. */
  report(
    taskId: string,
    status: ReportChange['status'],
    facts: Partial<ReportChange> = {},
    others: readonly ReportChange[] = [],
  ): Promise<Task | undefined> {
    const change = {
      taskId,
      status,
      result: null,
      error: null,
      progress: null,
      userId: 'ann',
      isSuperuser: false,
      now: this.now,
      ...facts,
    };
    return this.write(async (transaction) => (await this.tasks.report(transaction, [change, ...others])).get(taskId));
  }

  find(taskId: string): Promise<Task | null> {
    return this.read((session) => this.tasks.findById(session, taskId));
  }

  #pendingTask(job: Job): Task {
    return {
      ...PENDING,
      ...this.ids.next(),
      jobId: job.id,
      jobName: `${job.roomId}:${job.category}:${job.name}`,
      createdById: 'sue',
      payload: '{"angle":90}',
    };
  }
}
