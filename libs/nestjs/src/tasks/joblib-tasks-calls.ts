import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

/** The calls of host code that are under way: the database is closed after them, and refused to those that come later. */
@Injectable()
export class HostCalls implements OnApplicationShutdown {
  #underWay = 0;
  #closing: Promise<void> | null = null;
  #idle: () => void = () => undefined;

  /** @throws ProblemError `DatabaseUnavailable` once the application is closed; else what `work` throws. */
  async run<Output>(work: () => Promise<Output>): Promise<Output> {
    if (this.#closing !== null) {
      throw new ProblemError('DatabaseUnavailable', 'The application is closed: JoblibTasks takes no more calls.');
    }
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#idle();
    }
  }

  /** Takes no more calls. Resolves when none is under way. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#underWay === 0) resolve();
    });
    return this.#closing;
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
