import { appendFileSync } from 'node:fs';

/** What clients asked and were answered, line by line: see scripts/history/entries.js. */
export class History {
  constructor(readonly file: string) {}

  record(entry: Readonly<Record<string, unknown>>): void {
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  fault(what: string): void {
    this.record({ kind: 'fault', what, at: now() });
  }
}

/** Milliseconds, on the same clock in all processes of a machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
