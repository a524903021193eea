/** A value that a statement binds; lists only where the dialect has arrays. */
export type SqlValue = string | number | boolean | null | readonly SqlValue[];

/** One SQL statement with its bound values. `Row` is what each answered row looks like; it exists for the compiler only. */
export interface Statement<Row = unknown> {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Whether it may change something. */
  readonly writes: boolean;
  /** Whether it answers rows: what it read or changed. */
  readonly returns: boolean;
  readonly row?: Row;
}

export function reading<Row>(sql: string, ...values: SqlValue[]): Statement<Row> {
  return { sql, values, writes: false, returns: true };
}

export function writing<Row>(sql: string, ...values: SqlValue[]): Statement<Row> {
  return { sql, values, writes: true, returns: sql.includes('RETURNING') };
}

/** Changes something in a part of it (`WITH … AS (INSERT …)`), and answers what it reads. */
export function writingAndReading<Row>(sql: string, ...values: SqlValue[]): Statement<Row> {
  return { sql, values, writes: true, returns: true };
}

/** Takes locks in the order that it finds the rows, and answers nothing. */
export function locking<Row>(sql: string, ...values: SqlValue[]): Statement<Row> {
  return { sql, values, writes: false, returns: false };
}
