import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The program as `npm run joblib` runs it. */
export const CLI = join(process.cwd(), 'libs/cli/dist/main.js');

/** How it ended. */
export interface Ending {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where it is run. */
export interface Surroundings {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Piped in. Without it there is nothing to read. */
  readonly input?: string;
}

/** `joblib …` as a process of its own, with nothing in its environment but what a test gives. */
export class CliProcess {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(args: readonly string[], { folder, env, input }: Surroundings, program: readonly string[] = [process.execPath, CLI]) {
    const [command = '', ...before] = program;
    this.child = spawn(command, [...before, ...args], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', ...env } });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.child.stdin?.on('error', () => undefined);
    this.child.stdin?.end(input ?? '');
    this.#ended = once(this.child, 'close');
  }

  /** Resolves once one of its two outputs has this. @throws Error with both when it ends before. */
  printed(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.stdout) || pattern.test(this.stderr)) resolve();
      };
      this.child.stdout?.on('data', look);
      this.child.stderr?.on('data', look);
      void this.#ended.then(() => reject(new Error(`It ended without printing ${pattern}:\n${this.stdout}${this.stderr}`)));
      look();
    });
  }

  /** Resolves when it has ended, after this signal if one is given. */
  async ended(signal?: NodeJS.Signals): Promise<Ending> {
    if (signal !== undefined) this.child.kill(signal);
    await this.#ended;
    const { exitCode, signalCode } = this.child;
    return { code: exitCode, signal: signalCode, stdout: this.stdout, stderr: this.stderr };
  }
}
