import type { JoblibSettings } from '@joblib/nestjs';
import { FakeClock } from '@joblib/nestjs/testing';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

/** Two servers that know nothing of each other but their database, under one clock. */
export class TwoServers {
  private constructor(
    private readonly database: TestDatabase,
    readonly clock: FakeClock,
    readonly one: JoblibApp,
    readonly other: JoblibApp,
  ) {}

  static async start(settings: Partial<JoblibSettings> = {}): Promise<TwoServers> {
    const database = await lastingDatabase();
    const clock = new FakeClock();
    const [one, other] = [await startJoblib({ database, clock, settings }), await startJoblib({ database, clock, settings })];
    return new TwoServers(database, clock, one, other);
  }

  /** The same person, on the one server and on the other. */
  user(name: string): readonly [JoblibUser, JoblibUser] {
    return [new JoblibUser(this.one.origin, name), new JoblibUser(this.other.origin, name)];
  }

  async count(from: string): Promise<number> {
    const [row] = await this.one.dataSource.query<{ count: string }[]>(`SELECT count(*) AS count FROM ${from}`);
    return Number(row?.count);
  }

  /** How often both servers together told rooms that the task has this status. */
  told(taskId: string, status: string): number {
    return [this.one, this.other]
      .flatMap(({ events }) => events.payloadsOf('task_status_event'))
      .filter((payload) => payload.id === taskId && payload.status === status).length;
  }

  async close(): Promise<void> {
    await this.one.close();
    await this.other.close();
    await this.database.remove();
  }
}
