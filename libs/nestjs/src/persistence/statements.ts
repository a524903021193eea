import type { FullName, PageRequest, ReportableStatus, TaskStatus } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import type { Provider } from '../domain/provider.js';
import type { Task } from '../domain/task.js';
import type { Worker } from '../domain/worker.js';
import type { DeliveryStatements } from './delivery-statements.js';
import type {
  AheadRow,
  ClaimSummaryRow,
  ClaimableRow,
  CountRow,
  IdRow,
  JobNameRow,
  JobRow,
  LinkRow,
  PendingRow,
  ProviderRow,
  SubmissionKeyRow,
  TakenRow,
  TaskRow,
  WorkerRow,
  WorkerSummaryRow,
} from './rows.js';
import type { ServiceStatements } from './service-statements.js';
import type { Statement } from './statement.js';

/**
 * All SQL of the library, once per dialect; a statement missing in one does not compile. Methods that take a list answer as many
 * statements as the dialect needs: one per element where a round trip is free, one set-based statement where it is not.
 * Times are epoch milliseconds.
 */
export interface Statements {
  readonly workers: WorkerStatements;
  readonly jobs: JobStatements;
  readonly tasks: TaskStatements;
  readonly claims: ClaimStatements;
  readonly lists: ListStatements;
  readonly providers: ProviderStatements;
  readonly deliveries: DeliveryStatements;
  readonly services: ServiceStatements;
  readonly housekeeping: HousekeepingStatements;
}

/**
 * What a read keeps other servers from doing to the rows that it finds until its transaction ends: nothing, deleting or soft-deleting
 * them, or changing them at all. SQLite has one writer at a time and needs none of it.
 */
export type RowLock = 'none' | 'keep' | 'change';

/** A worker, if it is the user's. */
export interface OwnedWorker {
  readonly workerId: string;
  readonly userId: string;
}

export interface WorkerStatements {
  insert(worker: Worker): Statement<never>;
  findById(workerId: string, lock: RowLock): Statement<WorkerRow>;
  idsOfUser(userId: string): Statement<IdRow>;
  /** Answers those that are there, each once. */
  heartbeats(owned: readonly OwnedWorker[], now: number): readonly Statement<WorkerRow>[];
  /** Of all workers of these users. */
  heartbeatsOfUsers(userIds: readonly string[], now: number): readonly Statement<WorkerRow>[];
  /** Heartbeat of those that hold a claim, whoever they belong to. */
  heartbeatMany(workerIds: readonly string[], now: number): readonly Statement<never>[];
  /** A sign of life that is no heartbeat. */
  markSeen(workerId: string, now: number): Statement<never>;
  /** Those whose last heartbeat is older than `before`, oldest first. */
  findSilent(before: number, limit: number): Statement<IdRow>;
  /** Deletes one, unless it has shown life at or after the given times. */
  delete(workerId: string, unless: { heartbeatSince: number | null; seenSince: number | null }): Statement<WorkerRow>;
  deleteLinks(workerId: string): Statement<{ job_id: string }>;
  isLinked(workerId: string, jobId: string): Statement<LinkRow>;
}

export interface JobStatements {
  /** Answers no row when a job of that name is there already. */
  insert(job: Job): Statement<IdRow>;
  /** Soft-deleted ones included. */
  findByName(roomId: string, category: string, name: string, lock: RowLock): Statement<JobRow>;
  findByIds(jobIds: readonly string[]): readonly Statement<JobRow>[];
  namesOf(jobIds: readonly string[]): readonly Statement<JobNameRow>[];
  revive(jobId: string, schema: string): Statement<never>;
  link(workerId: string, jobId: string): Statement<LinkRow>;
  linksOf(jobIds: readonly string[]): readonly Statement<LinkRow>[];
  /** One row when a linked worker had a heartbeat at or after `since`. */
  findFreshWorker(jobId: string, since: number): Statement<IdRow>;
  /** Soft-deletes those of the given jobs that have neither worker nor pending task; never `@internal` ones. */
  retireOrphans(jobIds: readonly string[], now: number): readonly Statement<JobRow>[];
  /** Jobs that `retireOrphans` would take. */
  findOrphans(limit: number): Statement<IdRow>;
}

/** A change of state that somebody reports. */
export interface ReportChange {
  readonly taskId: string;
  readonly status: ReportableStatus;
  readonly result: string | null;
  readonly error: string | null;
  readonly progress: string | null;
  readonly userId: string;
  readonly isSuperuser: boolean;
  readonly now: number;
}

export interface TaskStatements {
  insert(tasks: readonly Task[]): readonly Statement<never>[];
  /**
   * Inserts the tasks whose jobs are live, keeps these jobs live until the transaction ends, and answers their ids; `null` where looking up
   * jobs first costs no round trip.
   */
  readonly insertForLive: ((tasks: readonly Task[]) => readonly Statement<IdRow>[]) | null;
  findByIds(taskIds: readonly string[]): readonly Statement<TaskRow>[];
  /** Guarded: answers the rows that changed; whoever lost a race, or is neither claimer nor superuser nor a cancelling submitter, gets none. */
  report(changes: readonly ReportChange[]): readonly Statement<TaskRow>[];
  /** For each task how many pending ones of its job are older, counted up to `limit`. */
  countAhead(tasks: readonly Pick<Task, 'id' | 'jobId' | 'createdAt'>[], limit: number): readonly Statement<AheadRow>[];
  failOfWorker(workerId: string, error: string, now: number): Statement<TaskRow>;
  /** Fails `@internal` tasks claimed or started before `before`. */
  failStuckInternal(before: number, error: string, now: number): Statement<TaskRow>;
  /** Of the given tasks those that are terminal or gone. */
  findSettled(taskIds: readonly string[]): readonly Statement<IdRow>[];
}

export interface Taking {
  readonly taskId: string;
  readonly workerId: string;
  readonly userId: string;
  readonly now: number;
  /** Runs from now on, instead of waiting for a report that says so. */
  readonly starts: boolean;
}

/** A claim of one worker that no other worker's is looked at together with. */
export interface LoneClaim extends OwnedWorker {
  readonly maxTasks: number;
  /** Takes tasks of `@internal` jobs and of no others. */
  readonly internal: boolean;
  readonly starts: boolean;
  readonly now: number;
}

export interface ClaimStatements {
  /** Live jobs of the workers. */
  claimableJobs(workerIds: readonly string[]): readonly Statement<ClaimableRow>[];
  /** The oldest pending tasks of each job, oldest first. Nothing is locked: what is not taken stays free for others. */
  oldestPending(jobs: readonly { jobId: string; limit: number }[]): readonly Statement<PendingRow>[];
  /**
   * The same for all jobs of some workers, of each job as many as its workers ask for; `null` where asking for the jobs first costs no round
   * trip more.
   */
  readonly oldestPendingOf: ((asking: readonly { workerId: string; quantity: number }[]) => readonly Statement<PendingRow>[]) | null;
  /** Guarded: only what is still pending is taken, and what another transaction is changing just now is left to it. */
  take(takings: readonly Taking[]): readonly Statement<TaskRow>[];
  /**
   * Heartbeat, jobs, their oldest tasks and taking them, of one worker, in one statement; `null` where several cost no round trip more.
   * Guarded as `take`. Answers first how it went, then what it took, oldest first.
   */
  readonly takeAtOnce: ((claim: LoneClaim) => Statement<ClaimSummaryRow | TakenRow>) | null;
  /** Puts back what this very claim took and nobody touched since; as if it had never happened. */
  undo(
    claims: readonly { taskId: string; workerId: string; attempt: number; status: 'claimed' | 'running' }[],
  ): readonly Statement<TaskRow>[];
  /** Puts back what was claimed before `before` and not started; the attempt counts. */
  putBackUnstarted(before: number): Statement<TaskRow>;
  /** Of the given jobs those that have pending tasks. */
  withPending(jobIds: readonly string[]): readonly Statement<{ job_id: string }>[];
}

export interface TaskFilter {
  readonly roomId: string;
  readonly jobId?: string;
  readonly status?: TaskStatus;
}

export interface ListStatements {
  jobs(roomIds: readonly string[], page: PageRequest): Statement<JobRow>;
  countJobs(roomIds: readonly string[]): Statement<CountRow>;
  workers(page: PageRequest): Statement<WorkerSummaryRow>;
  countWorkers(): Statement<CountRow>;
  workersOfRooms(roomIds: readonly string[], page: PageRequest): Statement<WorkerSummaryRow>;
  countWorkersOfRooms(roomIds: readonly string[]): Statement<CountRow>;
  /** Newest first, older than `beforeId` when it is given. Of a job whatever their status: see `jobTasksWithin`. */
  tasks(filter: TaskFilter, beforeId: string | null, limit: number): Statement<TaskRow>;
  /** Ids of those of one status among the next `steps` tasks of a job in a room, newest first. */
  jobTasksWithin(filter: Required<TaskFilter>, beforeId: string | null, steps: number): Statement<IdRow>;
  /** The id of the task `steps` places behind `beforeId`, for walking to a far page in bounded strides. Status as for `tasks`. */
  skipTasks(filter: TaskFilter, beforeId: string | null, steps: number): Statement<IdRow>;
  countTasks(filter: TaskFilter): Statement<CountRow>;
}

export interface ProviderStatements {
  /** Answers no row when a provider of that name is there already. */
  insert(provider: Provider): Statement<IdRow>;
  /** Everything but id, name and time of creation. */
  update(provider: Provider): Statement<never>;
  findByName(name: FullName, lock: RowLock): Statement<ProviderRow>;
  findByNames(names: readonly FullName[]): readonly Statement<ProviderRow>[];
  findById(providerId: string): Statement<ProviderRow>;
  delete(providerId: string): Statement<ProviderRow>;
  deleteOfWorker(workerId: string): Statement<ProviderRow>;
  list(roomIds: readonly string[], page: PageRequest): Statement<ProviderRow>;
  count(roomIds: readonly string[]): Statement<CountRow>;
}

/** A key may be given a new meaning when its old one has expired or is of no use, because its tasks are gone. */
export interface SubmissionStands {
  readonly expiredBefore: number;
  /** As they are stored; `null` when no such entry was seen. */
  readonly uselessTaskIds: string | null;
}

export interface HousekeepingStatements {
  findSubmission(userId: string, roomId: string, jobName: string, key: string, since: number): Statement<SubmissionKeyRow>;
  /** Answers no row when the key stands for a submission already. */
  putSubmission(
    entry: {
      userId: string;
      roomId: string;
      jobName: string;
      key: string;
      fingerprint: string;
      taskIds: string;
      createdAt: number;
    },
    unless: SubmissionStands,
  ): Statement<{ key: string }>;
  newestTask(): Statement<IdRow>;
  deleteSubmissionsBefore(before: number, limit: number): Statement<{ key: string }>;
  deleteTasksCompletedBefore(before: number, limit: number): Statement<IdRow>;
  /** One row when the lease is the holder's from now on. */
  acquireLease(name: string, holder: string, now: number, expiresAt: number): Statement<{ name: string }>;
  releaseLease(name: string, holder: string): Statement<never>;
}
