/** What built-in plugins need of the server that they run in. A host application brings its own. */
export interface PluginHost {
  /** Rejects when the task is refused: no such job, no such room. */
  submit(submission: PluginSubmission): Promise<void>;
  /** A table of the application's database, made when it is missing. Rejects when it is there and lacks one of the columns. */
  table(definition: PluginTableDefinition): Promise<PluginTable>;
  readonly metrics: PluginMetrics;
}

/** A task that a plugin submits. */
export interface PluginSubmission {
  readonly room: string;
  /** Its full name: `room_id:category:name`. */
  readonly job: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** A second submission with the same key is the first one. */
  readonly idempotencyKey: string;
}

/** `text` of any length, a whole number of 32 bits, or a double. All but the key may be `null`. */
export type PluginColumnType = 'text' | 'integer' | 'real';

export interface PluginTableDefinition {
  readonly name: string;
  readonly columns: Readonly<Record<string, PluginColumnType>>;
  /** Names of columns. */
  readonly primaryKey: readonly string[];
}

/** One value for each column. */
export type PluginRow = Readonly<Record<string, string | number | null>>;

export interface PluginTable {
  /** In the order given; a row whose key is there already is left as it was. May be committed in groups. */
  insertNew(rows: readonly PluginRow[]): Promise<void>;
}

/** A name that was used before, with the same labels, is the same metric. Throws when it is used for something else. */
export interface PluginMetrics {
  counter(definition: PluginMetricDefinition): PluginCounter;
  histogram(definition: PluginMetricDefinition & { readonly buckets: readonly number[] }): PluginHistogram;
}

export interface PluginMetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

export type PluginLabels = Readonly<Record<string, string>>;

export interface PluginCounter {
  increment(labels: PluginLabels, by: number): void;
}

export interface PluginHistogram {
  observe(labels: PluginLabels, value: number): void;
}
