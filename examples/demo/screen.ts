import { boardLines, redraw, taskLine } from './display.js';
import type { TaskRow } from './display.js';

/** Where the demo writes: a terminal gets its progress lines redrawn, a file or pipe gets a line for each change. */
export class Screen {
  private drawnLines = 0;
  private readonly printed = new Map<number, string>();
  private isClosed = false;

  /** `labelColumns` is the width of the widest label to come: lines printed before it is there align too. */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly labelColumns: number,
  ) {}

  say(...lines: readonly string[]): void {
    if (this.isClosed) return;
    this.drawnLines = 0;
    this.stream.write(lines.map((line) => `${line}\n`).join(''));
  }

  showTasks(rows: readonly TaskRow[]): void {
    if (this.isClosed) return;
    if (this.stream.isTTY) {
      const lines = boardLines(rows, this.labelColumns, this.stream.columns);
      this.stream.write(redraw(this.drawnLines, lines));
      this.drawnLines = lines.length;
    } else {
      this.printChanges(rows);
    }
  }

  /** Nothing is written from now on. */
  close(): void {
    this.isClosed = true;
  }

  private printChanges(rows: readonly TaskRow[]): void {
    rows.forEach((row, index) => {
      const line = taskLine(row, this.labelColumns);
      if (this.printed.get(index) === line) return;
      this.printed.set(index, line);
      this.stream.write(`${line}\n`);
    });
  }
}
