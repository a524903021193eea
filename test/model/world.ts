import { deepStrictEqual } from 'node:assert/strict';

import { PROBLEM_TYPE_PREFIX } from '@joblib/contract';
import type { ProblemDocument, RoomEvent } from '@joblib/contract';
import { Sweeper } from '@joblib/nestjs';
import { FakeClock } from '@joblib/nestjs/testing';

import { SweepTimers } from '../../libs/nestjs/src/sweeper/index.js';
import { emptyTables } from '../support/contents.js';
import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import type { JoblibModel } from './joblib-model.js';
import { CLAIM_START_TIMEOUT_SECONDS, TASK_RETENTION_SECONDS, WORKER_TIMEOUT_SECONDS } from './model-rules.js';
import type { Expected } from './model-state.js';

/** A stopped server's sweeper keeps its lease for two of its intervals; a restart takes longer. */
const SWEEPER_INTERVAL_SECONDS = 1;
const RESTART_SECONDS = 2 * SWEEPER_INTERVAL_SECONDS + 1;

const PAGE = '?limit=500';

/** The real server on a database of its own, and everybody who talks to it. */
export class World {
  private constructor(
    private readonly clock: FakeClock,
    private readonly database: TestDatabase,
    private server: JoblibApp,
    private readonly tally: Map<string, number>,
  ) {}

  /** @param tally counts answers by command and status. */
  static async start(tally: Map<string, number>): Promise<World> {
    const clock = new FakeClock();
    const database = await lastingDatabase();
    return new World(clock, database, await startServer(database, clock), tally);
  }

  /** As it was in the beginning, but for the time. */
  async empty(): Promise<void> {
    await emptyTables(this.server.dataSource);
    this.forgetEvents();
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.database.remove();
  }

  now(): number {
    return this.clock.now();
  }

  advance(seconds: number): void {
    this.clock.advance(seconds);
  }

  async restart(): Promise<void> {
    await this.server.close();
    this.clock.advance(RESTART_SECONDS);
    this.server = await startServer(this.database, this.clock);
  }

  user(name: string): JoblibUser {
    return new JoblibUser(this.server.origin, name);
  }

  get sweeper(): Sweeper {
    return this.server.app.get(Sweeper);
  }

  forgetEvents(): void {
    this.server.events.clear();
  }

  count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  /** Ids of new rows sort behind all older ones. */
  expectNewer(ids: readonly string[], older: readonly string[]): void {
    const all = [...older, ...ids];
    deepStrictEqual(all, [...new Set(all)].sort());
  }

  expectSame(received: unknown, expected: unknown): void {
    deepStrictEqual(received, expected);
  }

  /** The answer is the one that the model foretold. */
  expectAnswer(command: string, answer: Answer<unknown>, expected: Expected): void {
    this.count(`${command} ${expected.status}`);
    const { status } = answer;
    if ('body' in expected) {
      deepStrictEqual({ status, body: answer.body }, expected);
    } else {
      const { type } = answer.body as ProblemDocument;
      deepStrictEqual({ status, problem: type.replace(PROBLEM_TYPE_PREFIX, '') }, expected);
    }
  }

  /** Rooms heard what the model says, no more: task events in order for each task, and which rooms read their job list again. */
  expectEvents(model: JoblibModel): void {
    const { events } = this.server.events;
    deepStrictEqual(byTask(events.flatMap(asTaskEvent)), byTask(model.events.tasks));
    const invalidated = events.filter(({ name }) => name === 'jobs_invalidate').map(({ room }) => room);
    deepStrictEqual(new Set(invalidated), model.events.invalidated);
  }

  /** Every list is as the model has it. */
  async expectState(model: JoblibModel): Promise<void> {
    const reader = this.user('reader');
    const lists: [string, unknown[]][] = [
      ['/workers', model.workerList()],
      ...['lab', 'den'].flatMap((room): [string, unknown[]][] => [
        [`/rooms/${room}/jobs`, model.jobsOf(room)],
        [`/rooms/${room}/tasks`, model.tasksOf(room)],
      ]),
    ];
    const answers = await Promise.all(lists.map(([path]) => reader.call('GET', path + PAGE)));
    for (const [index, [path, items]] of lists.entries()) {
      const body = { items, total: items.length, limit: 500, offset: 0 };
      deepStrictEqual({ path, body: answers[index]?.body }, { path, body });
    }
  }
}

/** Its sweeper sweeps when a command says so, and never by itself. */
async function startServer(database: TestDatabase, clock: FakeClock): Promise<JoblibApp> {
  const settings = {
    workerTimeoutSeconds: WORKER_TIMEOUT_SECONDS,
    claimStartTimeoutSeconds: CLAIM_START_TIMEOUT_SECONDS,
    taskRetentionSeconds: TASK_RETENTION_SECONDS,
    sweeperIntervalSeconds: SWEEPER_INTERVAL_SECONDS,
  };
  const server = await startJoblib({ database, clock, settings });
  const schedule = server.app.get(SweepTimers);
  for (const name of schedule.getIntervals()) schedule.deleteInterval(name);
  return server;
}

function asTaskEvent({ name, room, payload }: RoomEvent): { id: string; name: string; room: string; payload: unknown }[] {
  if (name === 'task_status_event') return [{ id: payload.id, name, room, payload }];
  return name === 'task_available' || name === 'task_cancelled' ? [{ id: payload.task_id, name, room, payload }] : [];
}

function byTask<Event extends { readonly id: string }>(events: readonly Event[]): Event[] {
  return [...events].sort((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
}
