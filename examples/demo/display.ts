import type { Progress, TaskStatus } from '@joblib/contract';

/** What one line of the progress display shows. */
export interface TaskRow {
  /** What the task is to do, in a few words. */
  readonly label: string;
  readonly status: TaskStatus;
  readonly progress: Progress | null;
  /** 1-based; `null` when the task is not pending. */
  readonly queuePosition: number | null;
  readonly error: string | null;
}

const SYMBOLS: Record<TaskStatus, string> = { pending: '·', claimed: '›', running: '▸', completed: '✔', failed: '✖', cancelled: '⊘' };
const STATUS_COLUMNS = 9; // the longest status
const BAR_COLUMNS = 20;
// Control characters from a server or a file must not reach a terminal: they could move its cursor or change its title.
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** How much is done, from 0 to 1. */
export function progressFraction(progress: Progress | null): number {
  if (progress === null) return 0;
  const fraction = typeof progress === 'number' ? progress : progress.current / progress.total;
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

/** `█████░░░░░`, `columns` wide; full only when all is done. */
export function progressBar(fraction: number, columns: number): string {
  const filled = Math.floor(fraction * columns);
  return '█'.repeat(filled) + '░'.repeat(columns - filled);
}

/** One line for a task; labels are padded to `labelColumns`, so that lines below each other align. */
export function taskLine(row: TaskRow, labelColumns: number): string {
  const head = `${SYMBOLS[row.status]} ${plain(row.label).padEnd(labelColumns)}  ${row.status.padEnd(STATUS_COLUMNS)}`;
  return `${head}  ${remark(row)}`.trimEnd();
}

/** A line for each task, none wider than the terminal: a wrapped line could not be redrawn. */
export function boardLines(rows: readonly TaskRow[], labelColumns: number, terminalColumns: number): readonly string[] {
  return rows.map((row) => truncate(taskLine(row, labelColumns), terminalColumns));
}

/** Moves the cursor up over the lines drawn before and writes the new ones over them. */
export function redraw(drawnLines: number, lines: readonly string[]): string {
  const up = drawnLines === 0 ? '' : `\u001b[${drawnLines}A`;
  return up + lines.map((line) => `\u001b[2K${line}\n`).join('');
}

/** The first `count` lines of two texts beside each other under headings; `…` where a text goes on. */
export function sideBySide(left: Excerpt, right: Excerpt, count: number): readonly string[] {
  const leftLines = excerptLines(left, count);
  const rightLines = excerptLines(right, count);
  const columns = Math.max(...leftLines.map((line) => line.length));
  return leftLines.map((line, index) => `${line.padEnd(columns)}  │  ${rightLines[index] ?? ''}`.trimEnd());
}

/** A heading and the lines under it. */
export interface Excerpt {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Cuts to so many characters, the last of them `…` when something is missing. */
export function truncate(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/** The text with every run of control characters (line breaks too) as one space. */
export function plain(text: string): string {
  return text.replace(CONTROL, ' ');
}

function remark(row: TaskRow): string {
  switch (row.status) {
    case 'pending':
      return row.queuePosition === null ? '' : `number ${row.queuePosition} in the queue`;
    case 'running':
      return runningRemark(row.progress);
    case 'failed':
      return plain(row.error ?? 'no reason given');
    default:
      return '';
  }
}

function runningRemark(progress: Progress | null): string {
  const fraction = progressFraction(progress);
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
  const message = progress !== null && typeof progress === 'object' ? plain(progress.message ?? '') : '';
  return `${progressBar(fraction, BAR_COLUMNS)} ${percent}  ${message}`;
}

function excerptLines({ heading, lines }: Excerpt, count: number): readonly string[] {
  const shown = Array.from({ length: count }, (_, index) => truncate(plain(lines[index] ?? ''), 56));
  return [heading, ...shown, lines.length > count ? '…' : ''];
}
