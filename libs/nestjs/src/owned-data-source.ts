import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';

import { JOBLIB_OPTIONS } from './joblib-options.js';
import type { JoblibOptions } from './joblib-options.js';
import { migrate, postgresMigrations, sqliteMigrations } from './persistence/index.js';
import { JOBLIB_SETTINGS } from './ports/index.js';
import type { JoblibSettings } from './ports/index.js';
import { HostCalls } from './tasks/index.js';

/** What has to be there before anything is started; nobody uses its value. */
export const DATABASE_READY = Symbol.for('joblib/DatabaseReady');

const NO_DATABASE = 'JoblibModule has no database: give it a `dataSource`, or put a provider for the token SESSION_MAKER into `overrides`.';

const NO_MIGRATIONS =
  '`migrate` is on, but the DataSource does not know the tables of JoblibModule: ' +
  'put `sqliteMigrations` or `postgresMigrations` of @joblib/nestjs into its `migrations`';

/** The DataSource of the options: opened when it was not, migrated when that is wanted, closed when it was opened here. */
@Injectable()
export class OwnedDataSource implements OnApplicationShutdown {
  #opening: Promise<DataSource> | null = null;
  #opened: DataSource | null = null;

  constructor(
    @Inject(JOBLIB_OPTIONS) private readonly options: JoblibOptions,
    private readonly hostCalls: HostCalls,
    // Read before the database is touched: a start that bad settings stop has migrated nothing.
    @Inject(JOBLIB_SETTINGS) _settings: JoblibSettings,
  ) {}

  /** The same DataSource, however often it is called. @throws Error when there is none, or one that cannot be opened or migrated now. */
  async open(): Promise<DataSource> {
    if (this.options.dataSource === undefined) throw new Error(NO_DATABASE);
    return (this.#opening ??= this.#open(this.options.dataSource));
  }

  /** Opens and migrates what the options name, also when a host's own session maker is the one that uses it. @throws Error as `open`. */
  async prepare(): Promise<true> {
    if (this.options.dataSource !== undefined) await this.open();
    return true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.hostCalls.close();
    await this.#close();
  }

  async #open(given: DataSource | DataSourceOptions): Promise<DataSource> {
    const dataSource = given instanceof DataSource ? given : new DataSource(given);
    try {
      if (!dataSource.isInitialized) {
        await dataSource.initialize();
        this.#opened = dataSource;
      }
      if (this.options.migrate === true) await migrateOurs(dataSource);
    } catch (error) {
      await this.#close();
      throw new Error(`The database '${String(dataSource.options.database)}' cannot be opened: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    return dataSource;
  }

  async #close(): Promise<void> {
    if (this.#opened?.isInitialized === true) await this.#opened.destroy();
  }
}

async function migrateOurs(dataSource: DataSource): Promise<void> {
  const ours = new Set([...sqliteMigrations, ...postgresMigrations].map((migration) => migration.name));
  // By name: a host may have a copy of the library of its own.
  if (!dataSource.migrations.some((migration) => ours.has(migration.constructor.name))) throw new Error(NO_MIGRATIONS);
  await migrate(dataSource);
}
