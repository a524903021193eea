import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs until it is stopped, with what it prints. */
export class HostProcess {
  #output = '';
  readonly #ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#ended = once(child, 'close');
  }

  static run(program: string, folder: string, environment: Record<string, string>): HostProcess {
    const env = { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', PORT: '0', ...environment };
    return new HostProcess(spawn(process.execPath, [program], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Everything printed so far, errors included. */
  get output(): string {
    return this.#output;
  }

  /** Resolves to "http://host:port" once it serves. @throws Error with its output when it ends before that. */
  listening(): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const address = /^listening on (\S+)$/m.exec(this.#output)?.[1];
        if (address !== undefined) resolve(address);
      };
      this.child.stdout?.on('data', look);
      void this.#ended.then(() => reject(new Error(`It ended before it listened:\n${this.#output}`)));
      look();
    });
  }

  /** Resolves to its exit code, or the signal that killed it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#ended;
    return this.child.exitCode ?? this.child.signalCode;
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.ended();
  }
}
