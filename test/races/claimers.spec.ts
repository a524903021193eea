import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TaskView } from '@joblib/contract';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';

const JOBS = [
  '@global:modifiers:One',
  '@global:modifiers:Two',
  '@global:selections:Three',
  '@global:analysis:Four',
  '@global:analysis:Five',
];
const CLAIMERS = 50;
const TASKS = 2000;
const BATCH = 40;

/** One call, placed in time by a counter that every beginning and every answer moves on. */
interface Call {
  readonly begun: number;
  readonly answered: number;
}

interface Claim extends Call {
  readonly tasks: readonly TaskView[];
  /** Full names of the jobs that the claimer serves. */
  readonly jobs: readonly string[];
}

let moment = 0;
let handedOut = 0;
const submits = new Map<string, Call>();
const claims: Claim[] = [];

async function timed<T>(send: () => Promise<T>): Promise<Call & { answer: T }> {
  const begun = (moment += 1);
  const answer = await send();
  return { begun, answer, answered: (moment += 1) };
}

/** Five submitters, one job each, so that claimers now and then find nothing. */
async function submitAll(origin: string, job: string): Promise<void> {
  const submitter = new JoblibUser(origin, 'submitter');
  for (let sent = 0; sent < TASKS / JOBS.length; sent += BATCH) {
    const payloads = Array.from({ length: BATCH }, (_, index) => ({ number: sent + index }));
    const { answer, ...call } = await timed(() =>
      submitter.call<{ items: TaskView[] }>('POST', `/rooms/lab/tasks/${encodeURIComponent(job)}/batch`, { payloads }),
    );
    for (const { id } of answer.body.items) submits.set(id, call);
  }
}

/** Claims until everything is handed out: one at a time, several, held, or for any of the user's workers. */
async function claimAll(origin: string, index: number): Promise<void> {
  const root = new JoblibUser(origin, 'root');
  const jobs = JOBS.filter((_, job) => (index + job) % 3 !== 0);
  const { body: worker } = await root.createWorker();
  for (const job of jobs) await root.register(job, { workerId: worker.id });
  const body = index % 3 === 1 ? { max_tasks: 1 + (index % 7) } : {};
  const headers: Record<string, string> = index % 4 === 2 ? { prefer: 'wait=1' } : {};
  while (handedOut < TASKS) {
    const { answer, ...call } = await timed(() => root.claim(worker.id, body, headers));
    expect(answer.status).toBe(200);
    const tasks = answer.body.tasks ?? (answer.body.task === null ? [] : [answer.body.task]);
    handedOut += tasks.length;
    claims.push({ ...call, tasks, jobs });
  }
}

describe('fifty claimers and two thousand tasks of five jobs', () => {
  let server: JoblibApp;
  /** The claim that got a task, by the task's id. */
  const claimOf = new Map<string, Claim>();

  beforeAll(async () => {
    server = await startJoblib();
    const first = new JoblibUser(server.origin, 'root');
    for (const job of JOBS) await first.register(job);
    const claimers = Array.from({ length: CLAIMERS }, (_, index) => claimAll(server.origin, index));
    await Promise.all([...JOBS.map((job) => submitAll(server.origin, job)), ...claimers]);
    for (const claim of claims) for (const { id } of claim.tasks) claimOf.set(id, claim);
  });

  afterAll(() => server.close());

  it('hands out every task exactly once', () => {
    const got = claims.flatMap(({ tasks }) => tasks.map(({ id }) => id));
    expect(got).toHaveLength(TASKS);
    expect(new Set(got)).toEqual(new Set(submits.keys()));
  });

  it('hands out nothing of a job that the worker does not serve, and every task at its first attempt', () => {
    const wrong = claims.filter(({ tasks, jobs }) => tasks.some(({ job_name, attempt }) => !jobs.includes(job_name) || attempt !== 1));
    expect(wrong).toEqual([]);
  });

  it('commits the claims of each job in the order of its tasks', () => {
    const claimed = server.events.payloadsOf('task_status_event').filter(({ status }) => status === 'claimed');
    expect(claimed).toHaveLength(TASKS);
    for (const job of JOBS) {
      const ids = claimed.filter(({ name }) => name === job).map(({ id }) => id);
      expect(ids).toEqual([...ids].sort());
    }
  });

  it('gives no claim a task while an older one of its job was pending all the time', () => {
    const overtaken = claims.flatMap(({ begun, answered, tasks }) =>
      tasks.filter((task) => pendingThroughout(begun, answered, [task.job_name]).some((id) => id < task.id)),
    );
    expect(overtaken).toEqual([]);
  });

  it('lists the tasks of one claim oldest first', () => {
    const ids = claims.map(({ tasks }) => tasks.map(({ id }) => id));
    expect(ids).toEqual(ids.map((list) => [...list].sort()));
  });

  it('answers null only when no task of the jobs was pending all the time', () => {
    const nulls = claims.filter(({ tasks }) => tasks.length === 0);
    expect(nulls.filter(({ begun, answered, jobs }) => pendingThroughout(begun, answered, jobs).length > 0)).toEqual([]);
  });

  /** Submitted before the call began, and handed out by a claim that began after it was answered. */
  function pendingThroughout(begun: number, answered: number, jobs: readonly string[]): string[] {
    return [...submits].flatMap(([id, submit]) => {
      if (submit.answered > begun) return [];
      const claim = claimOf.get(id);
      const task = claim?.tasks.find((one) => one.id === id);
      return claim !== undefined && claim.begun > answered && task !== undefined && jobs.includes(task.job_name) ? [id] : [];
    });
  }
});
