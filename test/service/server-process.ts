import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { endOrphans } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** A program of the service, run as people run it: in a folder of its own, with nothing in its environment but what a test gives. */
export class ServiceProcess {
  #stdout = '';
  #stderr = '';
  readonly #ended: Promise<unknown>;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#ended = once(child, 'close');
  }

  static run(
    program: 'main.js' | 'token.js',
    folder: string,
    environment: Record<string, string> = {},
    args: string[] = [],
  ): ServiceProcess {
    const env = { PATH: process.env['PATH'] ?? '', PORT: '0', ...environment };
    return new ServiceProcess(
      spawn(process.execPath, [join(DIST, program), ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves to the address once it serves. @throws Error with its output when it ends before that. */
  async listening(): Promise<string> {
    return (await this.#line(/^listening on (\S+)$/m))[1] ?? '';
  }

  /** Resolves once it has printed something like this. */
  async printed(pattern: RegExp): Promise<void> {
    await this.#line(pattern);
  }

  /** Resolves to its exit code, or the signal that killed it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#ended;
    return this.child.exitCode ?? this.child.signalCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.ended();
  }

  #line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#stdout);
        if (match !== null) resolve(match);
      };
      this.child.stdout?.on('data', look);
      void this.#ended.then(() => reject(new Error(`It ended without printing ${pattern}:\n${this.#stdout}${this.#stderr}`)));
      look();
    });
  }
}

/** Temporary folders and processes of one test, gone after it. */
export class Playground {
  readonly #folders: string[] = [];
  readonly #processes: ServiceProcess[] = [];

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'joblib-'));
    this.#folders.push(folder);
    return folder;
  }

  start(folder: string, environment: Record<string, string> = {}): ServiceProcess {
    const server = ServiceProcess.run('main.js', folder, environment);
    this.#processes.push(server);
    return server;
  }

  /** Runs `npm run token` without npm. */
  async token(folder: string, args: string[], environment: Record<string, string> = {}): Promise<string> {
    const command = ServiceProcess.run('token.js', folder, environment, args);
    if ((await command.ended()) !== 0) throw new Error(command.stderr);
    return command.stdout.trim();
  }

  /** Ends all of them, and what their services left behind. */
  async clear(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((each) => each.stop('SIGKILL')));
    for (const folder of this.#folders.splice(0)) {
      await endOrphans(join(folder, 'data/services'), new RecordingLogger());
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
