import type { Progress, TaskStatus } from '@joblib/contract';

import { STATUS_COLOURS } from './paint.js';
import { shortened } from './plain-text.js';
import { fractionOf, progressText } from './progress-text.js';
import type { Outlet } from './terminal.js';

const BAR_COLUMNS = 20;
const TO_LINE_START = '\r\u001b[K';

/** How a task is getting on: a bar that is drawn over and over on a terminal, a line for each change of the status elsewhere. */
export class ProgressLine {
  #status: TaskStatus | null = null;
  #progress: Progress | null = null;
  #isDrawn = false;

  constructor(private readonly outlet: Outlet) {}

  /** Shows what is new; the rest stays. */
  async show(news: { readonly status?: TaskStatus; readonly progress?: Progress | null }): Promise<void> {
    const isNewStatus = news.status !== undefined && news.status !== this.#status;
    this.#status = news.status ?? this.#status;
    this.#progress = news.progress ?? this.#progress;
    if (this.outlet.isTerminal) await this.#draw();
    else if (isNewStatus) await this.outlet.line(`${this.#status}`);
  }

  /** Says something else, above the bar. */
  async say(text: string): Promise<void> {
    await this.erase();
    await this.outlet.line(text);
    if (this.outlet.isTerminal && this.#status !== null) await this.#draw();
  }

  /** Takes the bar away. */
  async erase(): Promise<void> {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    await this.outlet.write(TO_LINE_START);
  }

  async #draw(): Promise<void> {
    const status = this.#status ?? 'pending';
    const full = this.#progress === null ? 0 : Math.round(fractionOf(this.#progress) * BAR_COLUMNS);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
    const text = this.#progress === null ? status : `${status}  ${progressText(this.#progress)}`;
    const space = Math.max((this.outlet.columns ?? 0) - BAR_COLUMNS - 2, 0);
    this.#isDrawn = true;
    await this.outlet.write(`${TO_LINE_START}${this.outlet.paint(bar, STATUS_COLOURS[status])} ${shortened(text, space)}`);
  }
}
