import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { JOBLIB_OPTIONS } from './joblib-options.js';
import type { JoblibOptions } from './joblib-options.js';

/** The DataSource of the options: opened when it was not, migrated when that is wanted, closed when it was opened here. */
@Injectable()
export class OwnedDataSource implements OnApplicationShutdown {
  #opened: DataSource | null = null;

  constructor(@Inject(JOBLIB_OPTIONS) private readonly options: JoblibOptions) {}

  /** @throws Error when there is no DataSource, or one that cannot be opened or migrated now. */
  async open(): Promise<DataSource> {
    const { dataSource: given, migrate } = this.options;
    if (given === undefined) {
      throw new Error(
        'JoblibModule has no database: give it a `dataSource`, or put a provider for the token SESSION_MAKER into `overrides`.',
      );
    }
    const dataSource = given instanceof DataSource ? given : new DataSource(given);
    try {
      if (!dataSource.isInitialized) {
        await dataSource.initialize();
        this.#opened = dataSource;
      }
      if (migrate === true) await dataSource.runMigrations();
    } catch (error) {
      await this.onApplicationShutdown();
      throw new Error(`The database '${String(dataSource.options.database)}' cannot be opened: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    return dataSource;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#opened?.isInitialized === true) await this.#opened.destroy();
  }
}
