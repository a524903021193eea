/** Someone who asks for up to `maxTasks` tasks of the jobs that their workers are linked to. */
export interface Claimant {
  /** Jobs by id, each with the worker that would run its tasks. */
  readonly workerOfJob: ReadonlyMap<string, string>;
  readonly maxTasks: number;
}

export interface Assignment {
  readonly taskId: string;
  readonly workerId: string;
}

/**
 * Gives each claimant, in the order of asking, the oldest tasks that they may have and nobody before them got.
 * Queues hold ids of pending tasks, oldest first; ids sort by creation, so the oldest head is the smallest.
 * @returns one list per claimant, oldest first; empty when nothing is left for them.
 */
export function assignTasks(claimants: readonly Claimant[], queues: ReadonlyMap<string, readonly string[]>): Assignment[][] {
  const taken = new Map<string, number>();
  return claimants.map(({ workerOfJob, maxTasks }) => {
    const assignments: Assignment[] = [];
    while (assignments.length < maxTasks) {
      const jobId = jobWithOldestHead(workerOfJob.keys(), queues, taken);
      if (jobId === null) break;
      const position = taken.get(jobId) ?? 0;
      taken.set(jobId, position + 1);
      assignments.push({ taskId: queues.get(jobId)?.[position] ?? '', workerId: workerOfJob.get(jobId) ?? '' });
    }
    return assignments;
  });
}

function jobWithOldestHead(
  jobIds: Iterable<string>,
  queues: ReadonlyMap<string, readonly string[]>,
  taken: ReadonlyMap<string, number>,
): string | null {
  let oldest: { jobId: string; taskId: string } | null = null;
  for (const jobId of jobIds) {
    const taskId = queues.get(jobId)?.[taken.get(jobId) ?? 0];
    if (taskId !== undefined && (oldest === null || taskId < oldest.taskId)) oldest = { jobId, taskId };
  }
  return oldest?.jobId ?? null;
}
