import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import { PluginMetadata } from '../../plugin-metadata.js';
import type { Accepts, PluginConfig, PostProcessor } from '../../post-processor.js';
import type { PluginHost } from '../plugin-host.js';
import { readConfig } from '../settings/config-reader.js';
import type { ConfigReader } from '../settings/config-reader.js';
import { PluginSettings, readAccepts } from '../settings/plugin-settings.js';
import type { CommonSettings } from '../settings/plugin-settings.js';
import { RESULT_COLUMNS, RESULT_KEY, resultRows } from './result-rows.js';

export const DATABASE_WRITER_KEYS = ['accepts', 'table'] as const;

interface DatabaseWriterSettings extends CommonSettings {
  readonly table: string;
}

/** Writes each run into a table of the application's database: a row for the run, one for each assertion, one for each symbol. */
export class DatabaseWriterPlugin implements PostProcessor {
  readonly #settings: PluginSettings<DatabaseWriterSettings>;

  /** `{ table?, accepts? }`. @throws TypeError which names the key that is wrong. */
  constructor(
    config: PluginConfig,
    private readonly host: Pick<PluginHost, 'table'>,
  ) {
    this.#settings = new PluginSettings(readSettings, config);
  }

  get accepts(): Accepts {
    return this.#settings.accepts;
  }

  metadata(): PluginMetadata {
    return new PluginMetadata({
      name: 'database_writer',
      version: '1.0.0',
      author: 'joblib',
      description: "Writes each run into a table of the application's database.",
      capabilities: ['storage', 'sql'],
    });
  }

  /** @throws TypeError as the constructor. */
  initialize(config: PluginConfig): void {
    this.#settings.update(config);
  }

  /** A run that is given once more changes nothing. @throws what the host's table throws. */
  async process(context: PluginExecutionContext): Promise<void> {
    const { table: name } = this.#settings.current;
    const table = await this.host.table({ name, columns: RESULT_COLUMNS, primaryKey: RESULT_KEY });
    await table.insertNew(resultRows(context));
  }
}

function readSettings(config: PluginConfig): DatabaseWriterSettings {
  return readConfig(config, 'database_writer', DATABASE_WRITER_KEYS, (reader) => ({
    accepts: readAccepts(reader),
    table: tableOf(reader),
  }));
}

/** The library's own tables begin with `joblib_`. */
function tableOf(reader: ConfigReader<'table'>): string {
  const name = reader.textOr('table', 'plugin_results');
  if (/^[a-z][a-z0-9_]{0,62}$/.test(name) && !name.startsWith('joblib_')) return name;
  throw reader.refusal('table', 'a name of lower-case letters, digits and _, and not begin with joblib_');
}
