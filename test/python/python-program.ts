import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { PYTHON } from './python.js';

const folderOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MODULES = [folderOf('../../examples/worker-python'), folderOf('.')];

/** A Python program with its input and output; nothing in its environment but what is given, and where our modules are. */
export class PythonProgram {
  #stdout = '';
  #stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(script: string, environment: Record<string, string> = {}) {
    const env = { PATH: process.env['PATH'] ?? '', PYTHONPATH: MODULES.join(':'), PYTHONDONTWRITEBYTECODE: '1', ...environment };
    this.#child = spawn(PYTHON, [script], { env, stdio: 'pipe' });
    this.#child.stdin?.on('error', () => undefined); // it may be killed while it is written to
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#ended = once(this.#child, 'close');
  }

  /** What it logged. */
  get stderr(): string {
    return this.#stderr;
  }

  writeLine(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Takes the next line of its output. @throws Error with what it logged when it ends instead. */
  async readLine(): Promise<string> {
    while (!this.#stdout.includes('\n')) {
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), this.#ended.then(() => this.#complain())]);
    }
    const end = this.#stdout.indexOf('\n');
    const line = this.#stdout.slice(0, end);
    this.#stdout = this.#stdout.slice(end + 1);
    return line;
  }

  /** Resolves once it has logged this. */
  async logged(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      await Promise.race([once(this.#child.stderr ?? this.#child, 'data'), this.#ended.then(() => this.#complain())]);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, or the signal that killed it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  #complain(): void {
    if (!this.#stdout.includes('\n')) throw new Error(`The Python program ended:\n${this.#stdout}${this.#stderr}`);
  }
}
