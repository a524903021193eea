import type { PageRequest, ReportableStatus, TaskStatus } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import type { Task } from '../domain/task.js';
import type { Worker } from '../domain/worker.js';
import type {
  AheadRow,
  CountRow,
  IdRow,
  JobRow,
  LinkRow,
  PendingRow,
  SubmissionKeyRow,
  TaskRow,
  WorkerRow,
  WorkerSummaryRow,
} from './rows.js';
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
  readonly housekeeping: HousekeepingStatements;
}

export interface WorkerStatements {
  insert(worker: Worker): Statement<never>;
  findById(workerId: string): Statement<WorkerRow>;
  idsOfUser(userId: string): Statement<IdRow>;
  /** Heartbeat of one worker, if it is the user's. */
  heartbeat(workerId: string, userId: string, now: number): Statement<WorkerRow>;
  heartbeatOfUser(userId: string, now: number): Statement<WorkerRow>;
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
  insert(job: Job): Statement<never>;
  /** Soft-deleted ones included. */
  findByName(roomId: string, category: string, name: string): Statement<JobRow>;
  findByIds(jobIds: readonly string[]): readonly Statement<JobRow>[];
  revive(jobId: string, schema: string): Statement<never>;
  link(workerId: string, jobId: string): Statement<LinkRow>;
  linksOf(jobIds: readonly string[]): readonly Statement<LinkRow>[];
  /** One row when a linked worker had a heartbeat at or after `since`. */
  findFreshWorker(jobId: string, since: number): Statement<IdRow>;
  /** Soft-deletes those of the given jobs that have neither worker nor pending task; never `@internal` ones. */
  retireOrphans(jobIds: readonly string[], now: number): readonly Statement<JobRow>[];
  /** The same for every job. */
  retireAllOrphans(now: number): Statement<JobRow>;
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
  findByIds(taskIds: readonly string[]): readonly Statement<TaskRow>[];
  /** Guarded: answers the rows that changed; whoever lost a race, or is neither claimer nor superuser nor a cancelling submitter, gets none. */
  report(changes: readonly ReportChange[]): readonly Statement<TaskRow>[];
  /** For each task how many pending ones of its job are older, counted up to `limit`. */
  countAhead(tasks: readonly { id: string; jobId: string }[], limit: number): readonly Statement<AheadRow>[];
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
}

export interface ClaimStatements {
  /** Live jobs of the workers; `@internal` ones only when `internal`. */
  claimableJobs(workerIds: readonly string[], internal: boolean): readonly Statement<LinkRow>[];
  /** The oldest pending tasks of each job, oldest first. */
  oldestPending(jobs: readonly { jobId: string; limit: number }[]): readonly Statement<PendingRow>[];
  /** Guarded: only what is still pending is taken. */
  take(takings: readonly Taking[]): readonly Statement<TaskRow>[];
  /** Puts back what this very claim took and nobody touched since; as if it had never happened. */
  undo(claims: readonly { taskId: string; workerId: string; attempt: number }[]): readonly Statement<TaskRow>[];
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

export interface HousekeepingStatements {
  findSubmission(userId: string, roomId: string, jobName: string, key: string, since: number): Statement<SubmissionKeyRow>;
  putSubmission(entry: {
    userId: string;
    roomId: string;
    jobName: string;
    key: string;
    fingerprint: string;
    taskIds: string;
    createdAt: number;
  }): Statement<never>;
  newestTask(): Statement<IdRow>;
  deleteSubmissionsBefore(before: number, limit: number): Statement<{ key: string }>;
  deleteTasksCompletedBefore(before: number, limit: number): Statement<IdRow>;
  /** One row when the lease is the holder's from now on. */
  acquireLease(name: string, holder: string, now: number, expiresAt: number): Statement<{ name: string }>;
  releaseLease(name: string, holder: string): Statement<never>;
}
