import type { FactoryProvider, ModuleMetadata, Provider } from '@nestjs/common';
import type { DataSource, DataSourceOptions } from 'typeorm';

import type { PluginManager } from '@joblib/plugins';
import type { Supervisor } from '@joblib/plugins/services';

import type { JoblibSettings } from './ports/index.js';

/** What a host may decide once the application runs; `forRootAsync` gets it from a factory. */
export interface JoblibOptions {
  /**
   * Where the tables are. Options, or a DataSource that is not initialized yet, are opened by the module, and closed with it; an open
   * DataSource stays the host's.
   * Not needed when `SESSION_MAKER` is overridden; given all the same, it is opened and migrated for that session maker.
   */
  readonly dataSource?: DataSource | DataSourceOptions;
  /** Settings that win over the environment. */
  readonly settings?: Partial<JoblibSettings>;
  /** Run the DataSource's pending migrations at start, a host's own in the same list included. Without it the host runs them. */
  readonly migrate?: boolean;
  /** Plugins of this server, given the results of the tasks of all servers. They stay the host's: it closes the manager. */
  readonly plugins?: PluginManager;
  /**
   * Services of this server: listed, obeying calls over HTTP, and deciding when tasks of the jobs they name are handed out. They stay the
   * host's: it starts them once the application listens, and disposes the supervisor before it closes the application.
   */
  readonly services?: Supervisor;
}

/** What has to be known while the module is put together. */
export interface JoblibModuleExtras {
  /** Modules whose exports the overrides need. */
  readonly imports?: ModuleMetadata['imports'];
  /** Providers for the exported tokens (`IDENTITY`, `ROOM_GUARD`, …); they replace the defaults. */
  readonly overrides?: readonly Provider[];
  /** Serve Socket.IO through the application's WebSocket adapter; on unless it is `false`. */
  readonly gateway?: boolean;
}

export type JoblibRootOptions = JoblibOptions & JoblibModuleExtras;

export interface JoblibAsyncOptions extends JoblibModuleExtras, Pick<FactoryProvider<JoblibOptions>, 'inject' | 'useFactory'> {}

export const JOBLIB_OPTIONS = Symbol.for('joblib/Options');
