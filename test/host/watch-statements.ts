import { AsyncLocalStorage } from 'node:async_hooks';

import type { SessionMaker } from '@joblib/nestjs';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, QueryRunner } from 'typeorm';

/** A session maker as a host would write it with TypeORM's own means; it knows which statements run inside of its sessions. */
export class WatchedSessions implements SessionMaker {
  readonly outside: string[] = [];
  insideCount = 0;
  transactions = 0;
  reads = 0;
  readonly #session = new AsyncLocalStorage<{ isOpen: boolean }>();
  #last: Promise<unknown> = Promise.resolve();

  readonly dataSource: DataSource;

  constructor(options: DataSourceOptions) {
    this.dataSource = new DataSource(options.type === 'better-sqlite3' ? { ...options, driver: this.#driver(options.driver) } : options);
  }

  /** Opens and migrates the database; from then on every statement that reaches the driver is counted. */
  async open(): Promise<void> {
    const { type } = this.dataSource.options;
    await this.dataSource.initialize();
    if (type === 'postgres') this.#watchPostgres();
    await this.dataSource.runMigrations();
    if (this.outside.length === 0) throw new Error(`Nobody knows how to watch '${type}'.`);
    this.outside.length = 0;
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }

  transaction<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    this.transactions += 1;
    return this.#within(async (runner) => {
      await runner.startTransaction();
      try {
        const outcome = await work(runner);
        await runner.commitTransaction();
        return outcome;
      } catch (error) {
        await runner.rollbackTransaction();
        throw error;
      }
    });
  }

  read<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    this.reads += 1;
    return this.#within(work);
  }

  /** One after another: SQLite has one connection for all. */
  #within<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const before = this.#last.catch(() => undefined);
    const session = before.then(() => this.#withRunner(work));
    this.#last = session;
    return session;
  }

  #withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const session = { isOpen: true };
    return this.#session.run(session, async () => {
      const runner = this.dataSource.createQueryRunner();
      try {
        await runner.connect();
        return await work(runner);
      } finally {
        session.isOpen = false;
        await runner.release();
      }
    });
  }

  #note(sql: string): void {
    if (this.#session.getStore()?.isOpen === true) this.insideCount += 1;
    else this.outside.push(sql);
  }

  #driver(Connection: new (...options: unknown[]) => object): unknown {
    const watched = (connection: object): object => this.#watchedSqlite(connection);
    return function (...options: unknown[]) {
      return watched(new Connection(...options));
    };
  }

  /** The connection with all of its statements, whatever way they are made. */
  #watchedSqlite(connection: object): object {
    return intercept(connection, (made, sql) => {
      if (!isStatement(made)) this.#note(String(sql));
      return isStatement(made) ? intercept(made, (rows) => (this.#note(String(sql)), rows)) : made;
    });
  }

  /** The pool hands out clients, and makes new ones as it likes. */
  #watchPostgres(): void {
    const { master } = this.dataSource.driver as unknown as { master: PoolLike };
    const watched = new WeakSet<ClientLike>();
    master.on('acquire', (client) => {
      if (watched.has(client)) return;
      watched.add(client);
      const { query } = client;
      client.query = (...asked) => {
        const [first] = asked;
        this.#note(typeof first === 'string' ? first : first.text);
        return query.apply(client, asked);
      };
    });
  }
}

/** The same object; `seen` is told what each call answered, and its first argument, and may answer something else. */
function intercept(target: object, seen: (answer: unknown, first: unknown) => unknown): object {
  return new Proxy(target, {
    get(_target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name === 'close') return member.bind(target) as unknown;
      return (...values: unknown[]) => seen(Reflect.apply(member, target, values), values[0]);
    },
  });
}

function isStatement(made: unknown): made is object {
  return typeof made === 'object' && made !== null && 'run' in made;
}

interface ClientLike {
  query(...asked: [string | { text: string }, ...unknown[]]): unknown;
}

interface PoolLike {
  on(event: 'acquire', listener: (client: ClientLike) => void): void;
}
