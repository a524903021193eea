import { once } from 'node:events';

import { paintFor } from './paint.js';
import type { Paint } from './paint.js';

/** The part of `process.stdout` that is used. */
export interface Screen extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Columns where the screen does not say, or says 0. */
const USUAL_COLUMNS = 80;

/** One of the two ways out: results go to the first, everything said about them to the second. */
export class Outlet {
  readonly isTerminal: boolean;
  readonly paint: Paint;

  constructor(
    private readonly screen: Screen,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.isTerminal = screen.isTTY === true;
    this.paint = paintFor(this.isTerminal, env);
  }

  /** Of the terminal now; it may be resized. `null` where lines may have any length. */
  get columns(): number | null {
    return this.isTerminal ? this.screen.columns || USUAL_COLUMNS : null;
  }

  /** Writes as it is. Resolves when the reader keeps up. */
  async write(text: string | Uint8Array): Promise<void> {
    if (!this.screen.write(text)) await once(this.screen, 'drain');
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }
}
