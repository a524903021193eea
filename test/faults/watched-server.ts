import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { aQueue } from './queue.js';
import type { Queue } from './queue.js';

/** A server in this process with something to do; what it logs goes to the test alone. */
export class WatchedServer {
  readonly #errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  readonly #news = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);

  private constructor(
    readonly server: JoblibApp,
    readonly queue: Queue,
  ) {}

  /** What was logged until then is forgotten. */
  static async start(): Promise<WatchedServer> {
    const server = await startJoblib();
    return new WatchedServer(server, await aQueue(new JoblibUser(server.origin, 'root')));
  }

  /** Lines of this kind, the oldest first. */
  errors(): string[] {
    return this.#errors.mock.calls.map(([line]) => String(line));
  }

  news(): string[] {
    return this.#news.mock.calls.map(([line]) => String(line));
  }

  async close(): Promise<void> {
    await this.server.close();
    this.#errors.mockRestore();
    this.#news.mockRestore();
  }
}
