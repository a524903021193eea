/** A value that both databases bind. */
export type SqlValue = string | number | null;

/** One SQL statement with its bound values. `Row` is what each answered row looks like; it exists for the compiler only. */
export interface Statement<Row = unknown> {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Whether it may change something. */
  readonly writes: boolean;
  /** Whether a write answers the rows that it changed. */
  readonly returns: boolean;
  readonly row?: Row;
}

export function reading<Row>(sql: string, ...values: SqlValue[]): Statement<Row> {
  return { sql, values, writes: false, returns: true };
}

export function writing<Row>(sql: string, ...values: SqlValue[]): Statement<Row> {
  return { sql, values, writes: true, returns: sql.includes('RETURNING') };
}
