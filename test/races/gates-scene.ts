import { expect, jest } from '@jest/globals';
import type { ClaimAnswer } from '@joblib/contract';

import { ClaimGates } from '../../libs/nestjs/src/persistence/index.js';
import { ClaimTasks } from '../../libs/nestjs/src/tasks/index.js';
import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import { claimsHeld, until } from '../support/until.js';

/** Longer than any test's patience: whoever is not woken has no other way to a task. */
const WAIT = { prefer: 'wait=60' };

/** A server whose gates a test opens and closes. `alice` has workers, `bob` submits. What makes up for lost wake-ups finds nothing for the server. */
export class GatesScene {
  readonly gates: ClaimGates;
  readonly alice: JoblibUser;
  readonly bob: JoblibUser;
  /** What makes up for lost wake-ups, as it is. */
  readonly withPending: ClaimTasks['withPending'];
  #looks = 0;

  private constructor(readonly server: JoblibApp) {
    this.gates = server.app.get(ClaimGates);
    this.alice = new JoblibUser(server.origin, 'alice');
    this.bob = new JoblibUser(server.origin, 'bob');
    const claims = server.app.get(ClaimTasks);
    this.withPending = claims.withPending.bind(claims);
    const claim = claims.claim.bind(claims);
    jest.spyOn(claims, 'claim').mockImplementation((claiming) => claim(claiming).finally(() => (this.#looks += 1)));
    jest.spyOn(claims, 'withPending').mockResolvedValue([]);
  }

  static async start(): Promise<GatesScene> {
    return new GatesScene(await startJoblib());
  }

  /** For the next test: nothing closed, nobody waits, no rows. */
  async empty(): Promise<void> {
    this.open();
    await claimsHeld(this.server, 0);
    await emptyTables(this.server.dataSource);
  }

  /** These jobs, and no other. */
  close(...fullNames: string[]): void {
    this.gates.set(new Set(fullNames));
  }

  open(): void {
    this.close();
  }

  /** A worker of alice that is linked to the jobs. */
  async workerOf(...jobs: string[]): Promise<string> {
    const { body } = await this.alice.createWorker();
    for (const job of jobs) await this.alice.register(job, { workerId: body.id });
    return body.id;
  }

  /** Made before anything is held: a new job of a worker has all held claims of its user look again. */
  workersOf(count: number, job: string): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.workerOf(job)));
  }

  /** The id of a new pending task. */
  async submit(job: string): Promise<string> {
    const { status, body } = await this.bob.submit('lab', job);
    expect(status).toBe(202);
    return body.id;
  }

  /** The id of the task that a claim gets now, `null` for none. */
  async claimed(workerId: string): Promise<string | null> {
    return got(await this.alice.claim(workerId));
  }

  /** The same of one that waits. */
  async awaited(workerId: string): Promise<string | null> {
    return got(await this.alice.claim(workerId, {}, WAIT));
  }

  /** A claim that is held, behind `ahead` others, and has looked for the second time. */
  async holdClaim(workerId: string, ahead = 0): Promise<{ answer: Promise<string | null> }> {
    const before = this.#looks;
    const answer = this.awaited(workerId);
    await claimsHeld(this.server, ahead + 1);
    await until('the look after joining the line', () => this.#looks === before + 2);
    return { answer };
  }

  /** How often claims looked for tasks so far. */
  get looks(): number {
    return this.#looks;
  }
}

function got({ status, body }: Answer<ClaimAnswer>): string | null {
  expect(status).toBe(200);
  return body.task?.id ?? null;
}
