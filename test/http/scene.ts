import type { RegisteredJob, TaskView } from '@joblib/contract';

import { contentsOf, emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';

/** The private job that most tests use; `ann` serves it. */
export const ROTATE = 'lab:modifiers:Rotate';

/** A UUID that nothing has. */
export const NOBODY = '01890000-0000-7000-8000-000000000000';

/** A server with the people that most tests need: `ann` has workers, `sue` submits, `eve` has no rights, `root` has all. */
export class Scene {
  readonly ann: JoblibUser;
  readonly sue: JoblibUser;
  readonly eve: JoblibUser;
  readonly root: JoblibUser;

  private constructor(readonly server: JoblibApp) {
    this.ann = this.user('ann');
    this.sue = this.user('sue');
    this.eve = this.user('eve');
    this.root = this.user('root');
  }

  static async start(options?: JoblibAppOptions): Promise<Scene> {
    return new Scene(await startJoblib(options));
  }

  close(): Promise<void> {
    return this.server.close();
  }

  user(name: string): JoblibUser {
    return new JoblibUser(this.server.origin, name);
  }

  /** The server's time as answers show it. */
  get time(): string {
    return new Date(this.server.clock.now()).toISOString();
  }

  /** A registered job; by `root` where a superuser is needed, else by `ann`. */
  async aJob(fullName = ROTATE, options: Parameters<JoblibUser['register']>[1] = {}): Promise<RegisteredJob> {
    const by = fullName.startsWith('@') ? this.root : this.ann;
    return bodyOf(201, await by.register(fullName, options));
  }

  async aWorker(of: JoblibUser = this.ann): Promise<string> {
    return bodyOf(201, await of.createWorker()).id;
  }

  /** A pending task that `sue` submitted in the room `lab`. */
  async aTask(fullName = ROTATE, payload: unknown = {}): Promise<TaskView> {
    return bodyOf(202, await this.sue.submit('lab', fullName, payload));
  }

  /** A task that `ann` has claimed, of a job that she serves. */
  async aClaimedTask(fullName = ROTATE): Promise<TaskView> {
    await this.aTask(fullName);
    const { task } = bodyOf(200, await this.ann.claim());
    if (task === null) throw new Error('There was nothing to claim.');
    return task;
  }

  /** A task that `ann` has claimed and started. */
  async aRunningTask(fullName = ROTATE): Promise<TaskView> {
    const { id } = await this.aClaimedTask(fullName);
    return bodyOf(200, await this.ann.report(id, 'running'));
  }

  /** A fresh start for the next test: no rows, no events. The clock goes on. */
  async empty(): Promise<void> {
    await emptyTables(this.server.dataSource);
    this.server.events.clear();
  }

  /** Every row of every table. */
  contents(): Promise<Record<string, unknown[]>> {
    return contentsOf(this.server.dataSource);
  }
}

/** The body of an answer that has to have this status. */
export function bodyOf<T>(status: number, answer: Answer<T>): T {
  if (answer.status !== status) throw new Error(`${status} was expected, not ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
