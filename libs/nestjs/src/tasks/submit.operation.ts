import { Inject, Injectable } from '@nestjs/common';
import { INTERNAL_ROOM, MAX_EXACT_QUEUE_POSITION, ProblemError } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import type { JsonText, Task } from '../domain/task.js';
import { taskAvailableEvent, taskStatusEvent } from '../domain/task-json.js';
import { withPositions } from '../domain/task-with-position.js';
import type { QueuedTask } from '../domain/task-with-position.js';
import { pendingTopic } from '../domain/topics.js';
import { AGAIN, JobStore, TaskStore, TimeOrderedIds, assertLive, visibleName } from '../persistence/index.js';
import type { Operation, Outcome, Transaction } from '../persistence/index.js';
import { CLOCK, INTERNAL_REGISTRY, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Clock, InternalRegistry, JoblibSettings } from '../ports/index.js';
import { KnownJobs } from './known-jobs.js';
import { SubmissionReplay } from './submission-replay.service.js';
import type { KeyedSubmission } from './submission-replay.service.js';

/** Tasks of one job that one caller submits together. */
export interface Submitting {
  readonly callerId: string;
  readonly roomId: string;
  /** "room_id:category:name" */
  readonly jobName: string;
  readonly payloads: readonly JsonText[];
  /** With a key the submission happens once, however often it is sent. */
  readonly keyed: KeyedSubmission | null;
}

export interface Submitted {
  readonly tasks: readonly QueuedTask[];
  /** Whether these are the tasks of an earlier submission under the same key. */
  readonly isReplay: boolean;
}

interface Planned {
  readonly tasks: readonly Task[];
  readonly isReplay: boolean;
  /** Where they stand now: inserted with their key, or to be inserted, for a job that was looked up or for one that was known. */
  readonly stage: 'inserted' | 'forFound' | 'forKnown';
}

/** Jobs that this flush has looked up, by full name. */
type FoundJobs = Map<string, Promise<Job | null>>;

/** Inserts tasks, all of a submission or none. */
@Injectable()
export class SubmitOperation implements Operation<Submitting, Submitted> {
  readonly name = 'submit';
  readonly rank = 1;
  readonly #knownJobs = new KnownJobs();

  constructor(
    private readonly jobs: JobStore,
    private readonly tasks: TaskStore,
    private readonly replay: SubmissionReplay,
    private readonly ids: TimeOrderedIds,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
    @Inject(INTERNAL_REGISTRY) private readonly registry: InternalRegistry,
  ) {}

  weigh({ payloads }: Submitting): number {
    return payloads.length;
  }

  async perform(transaction: Transaction, inputs: readonly Submitting[]): Promise<Outcome<Submitted>[]> {
    const jobs: FoundJobs = new Map();
    const plans: (Planned | ProblemError)[] = [];
    for (const input of inputs) plans.push(await this.#plan(transaction, input, jobs));
    const asked = Promise.all([
      this.#positions(transaction, plans),
      this.tasks.insertForLive(transaction, tasksAt('forKnown', plans)),
      this.tasks.insert(transaction, tasksAt('forFound', plans)),
    ]);
    transaction.nothingFollows();
    const [positions, liveJobs] = await asked;
    return plans.map((plan) => {
      if (plan instanceof ProblemError) return { refusal: plan };
      const [{ jobId = '', jobName = '' } = {}] = plan.tasks;
      if (plan.stage === 'forKnown' && !liveJobs.has(jobId)) {
        this.#knownJobs.forget(jobName);
        return AGAIN;
      }
      const tasks = withPositions(plan.tasks, positions);
      if (!plan.isReplay) announce(transaction, tasks);
      return { value: { tasks, isReplay: plan.isReplay } };
    });
  }

  async #plan(transaction: Transaction, input: Submitting, jobs: FoundJobs): Promise<Planned | ProblemError> {
    try {
      // Looked up before, but a twin may have been faster.
      const replayed = input.keyed === null ? null : await this.replay.find(transaction, input.keyed);
      if (replayed !== null) return { tasks: replayed, isReplay: true, stage: 'inserted' };
      const knownId = this.#sufficientJobId(transaction, input);
      const jobId = knownId ?? (await this.#getJob(transaction, input, jobs)).id;
      const tasks = input.payloads.map((payload) => this.#newTask(jobId, input, payload));
      if (input.keyed === null) return { tasks, isReplay: false, stage: knownId === null ? 'forFound' : 'forKnown' };
      // At once, so that a twin in the same flush finds them; the others go in together.
      const faster = await this.#insertOnce(transaction, tasks, input.keyed);
      return { tasks: faster ?? tasks, isReplay: faster !== null, stage: 'inserted' };
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  }

  /** The job that tasks were submitted to before under this name; whether it is still there nobody knows. */
  knownJobId(jobName: string): string | null {
    return this.#knownJobs.idOf(jobName);
  }

  /** The job's id when that is all that has to be known: that the job is live is left to the statement that inserts. */
  #sufficientJobId(transaction: Transaction, { roomId, jobName, keyed }: Submitting): string | null {
    if (keyed !== null || this.settings.requireConnectedWorker || !this.tasks.canInsertForLive(transaction)) return null;
    visibleName(jobName, roomId, this.settings.allowCrossRoomSubmit);
    return this.#knownJobs.idOf(jobName);
  }

  async #getJob(transaction: Transaction, { roomId, jobName }: Submitting, jobs: FoundJobs): Promise<Job> {
    const name = visibleName(jobName, roomId, this.settings.allowCrossRoomSubmit);
    // Kept: nobody may find the job an orphan until its tasks are in.
    const found = jobs.get(jobName) ?? this.jobs.findByName(transaction, name, 'keep');
    jobs.set(jobName, found);
    const job = assertLive(await found, jobName, roomId);
    if (job.roomId === INTERNAL_ROOM) {
      if (this.registry.jobs.has(jobName)) return job;
      throw new ProblemError('InternalJobNotConfigured', `Job '${jobName}' is registered, but this server has nothing to run it with.`);
    }
    if (this.settings.requireConnectedWorker) {
      const since = this.clock.now() - this.settings.workerTimeoutSeconds * 1000;
      const isServed = await this.jobs.hasFreshWorker(transaction, job.id, since);
      if (!isServed) throw new ProblemError('NoWorkersAvailable', `No worker of job '${jobName}' is alive.`);
    }
    this.#knownJobs.remember(jobName, job.id);
    return job;
  }

  /** @returns the tasks of a submission that was faster, `null` when these went in. */
  async #insertOnce(transaction: Transaction, tasks: readonly Task[], keyed: KeyedSubmission): Promise<Task[] | null> {
    const taskIds = tasks.map(({ id }) => id);
    const faster = await this.replay.remember(transaction, keyed, taskIds);
    if (faster === null) await this.tasks.insert(transaction, tasks);
    return faster;
  }

  /** Queries once per job: new tasks stand behind one another in the order of their ids. */
  async #positions(transaction: Transaction, plans: readonly (Planned | ProblemError)[]): Promise<Map<string, number>> {
    const planned = plans.filter((plan): plan is Planned => !(plan instanceof ProblemError));
    const fresh = planned.filter(({ isReplay }) => !isReplay).flatMap(({ tasks }) => tasks);
    const firstOfJobs = [...new Map([...fresh].reverse().map((task) => [task.jobId, task])).values()];
    const replayed = planned.filter(({ isReplay }) => isReplay).flatMap(({ tasks }) => tasks);
    const positions = new Map(await this.tasks.queuePositions(transaction, [...firstOfJobs, ...replayed]));
    const next = new Map(firstOfJobs.map(({ id, jobId }) => [jobId, positions.get(id) ?? 1]));
    for (const { id, jobId } of fresh) {
      const position = next.get(jobId) ?? 1;
      positions.set(id, position);
      next.set(jobId, Math.min(position + 1, MAX_EXACT_QUEUE_POSITION + 1));
    }
    return positions;
  }

  #newTask(jobId: string, { callerId, roomId, jobName }: Submitting, payload: JsonText): Task {
    const { id, createdAt } = this.ids.next();
    return {
      id,
      createdAt,
      jobId,
      jobName,
      roomId,
      createdById: callerId,
      status: 'pending',
      payload,
      result: null,
      error: null,
      progress: null,
      attempt: 0,
      workerId: null,
      claimedById: null,
      claimedAt: null,
      startedAt: null,
      completedAt: null,
    };
  }
}

function tasksAt(stage: Planned['stage'], plans: readonly (Planned | ProblemError)[]): Task[] {
  return plans.flatMap((plan) => (plan instanceof ProblemError || plan.stage !== stage ? [] : plan.tasks));
}

function announce(transaction: Transaction, tasks: readonly QueuedTask[]): void {
  for (const { task, queuePosition } of tasks) {
    transaction.emitAfterCommit(taskStatusEvent(task, queuePosition));
    if (!task.jobName.startsWith(`${INTERNAL_ROOM}:`)) transaction.emitAfterCommit(taskAvailableEvent(task));
    transaction.offerAfterCommit(task.id, pendingTopic(task.jobId));
  }
}
