import { fileURLToPath } from 'node:url';

import { PythonProgram } from './python-program.js';

const CONSOLE = fileURLToPath(new URL('console.py', import.meta.url));

/** An exception of the Python side. */
export class PythonError extends Error {
  constructor(
    /** Its class, such as "PermissionError". */
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/** A Python process that runs what a test tells it, one code after another, in one namespace. */
export class PythonConsole {
  readonly #program = new PythonProgram(CONSOLE);
  #last: Promise<unknown> = Promise.resolve();

  /** What it logged. */
  get log(): string {
    return this.#program.stderr;
  }

  /** Resolves once it has logged this. */
  logged(text: string): Promise<void> {
    return this.#program.logged(text);
  }

  /**
   * Runs code; the value of a last expression, as JSON. Codes that are given at once run one after another.
   * @throws PythonError what the code raised.
   */
  run<T = unknown>(code: string): Promise<T> {
    const answer = this.#last.then(() => this.#run<T>(code));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Defines names. */
  async let(values: Readonly<Record<string, unknown>>): Promise<void> {
    const text = JSON.stringify(JSON.stringify(values));
    await this.run(`import json\nglobals().update(json.loads(${text}))`);
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#program.signal(signal);
    await this.#program.ended();
  }

  async #run<T>(code: string): Promise<T> {
    this.#program.writeLine(JSON.stringify(code));
    const { value, error, message } = JSON.parse(await this.#program.readLine()) as { value: T; error?: string; message: string };
    if (error !== undefined) throw new PythonError(error, message);
    return value;
  }
}
