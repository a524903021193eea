import type { DataSource } from 'typeorm';

import type { Statement } from '../../libs/nestjs/src/persistence/statement.js';
import type { Statements } from '../../libs/nestjs/src/persistence/statements.js';
import type { SessionMaker } from '../../libs/nestjs/src/ports/index.js';

/** How a database would run a statement. */
export interface Plan {
  /** Names of the indexes that it seeks in; `primary key` stands for a table's own. */
  readonly indexes: readonly string[];
  /** Names or aliases of the tables (not of bounded parts of them) that it reads from one end to the other, through an index or not. */
  readonly scanned: readonly string[];
  /** Whether it sorts rows rather than reading them in order. */
  readonly sorts: boolean;
}

/** An empty database with the library's tables. */
export interface OpenDatabase {
  readonly dataSource: DataSource;
  readonly sessionMaker: SessionMaker;
  readonly statements: Statements;
  /** Every way in which it may run a statement over and over; on enough rows for the choice to matter. */
  plans(statement: Statement): Promise<readonly Plan[]>;
  close(): Promise<void>;
}

/** A way in which writing stops to work for a while. */
export interface Outage {
  readonly name: string;
  /** Whether what is stored can be read meanwhile. */
  readonly isReadable: boolean;
  /** Resolves to a database that it can happen to, and the function that begins it; that one resolves to the function that ends it. */
  open(): Promise<{ database: OpenDatabase; begin(): Promise<() => Promise<void>> }>;
}

/** A kind of database that every store has to work with. */
export interface DatabaseKind {
  readonly name: string;
  open(): Promise<OpenDatabase>;
  readonly outages: readonly Outage[];
}
