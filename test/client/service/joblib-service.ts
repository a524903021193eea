import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { JobManager } from '@joblib/client';
import type { JobManagerOptions } from '@joblib/client';

import { Playground } from '../../service/server-process.js';
import type { ServiceProcess } from '../../service/server-process.js';
import { Log } from '../scene.js';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** The real service in a process of its own, and everybody who talks to it. */
export class JoblibService {
  readonly #managers: JobManager[] = [];
  readonly #programs: Program[] = [];

  private constructor(
    private readonly playground: Playground,
    private readonly folder: string,
    private readonly environment: Record<string, string>,
    private process: ServiceProcess,
    readonly url: string,
    /** May register for every room. */
    readonly superuser: string,
    readonly user: string,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<JoblibService> {
    const playground = new Playground();
    const folder = playground.folder();
    const environment = { ZNDRAW_JOBLIB_JWT_SECRET: 'a secret of thirty-two bytes or more', ...settings };
    const [superuser, user] = await Promise.all([
      playground.token(folder, ['--sub', 'worker', '--superuser'], environment),
      playground.token(folder, ['--sub', 'submitter'], environment),
    ]);
    const server = playground.start(folder, environment);
    return new JoblibService(playground, folder, environment, server, await server.listening(), superuser, user);
  }

  /** A token of somebody else. */
  token(args: string[]): Promise<string> {
    return this.playground.token(this.folder, args, this.environment);
  }

  /** A manager with a superuser's token, unless told otherwise. It is disconnected at the end. */
  manager(options: Partial<JobManagerOptions> = {}): JobManager {
    const manager = new JobManager({ url: this.url, token: this.superuser, logger: new Log(), ...options });
    this.#managers.push(manager);
    return manager;
  }

  /** A worker in a process of its own, once it is registered. */
  async worker(): Promise<Program> {
    const program = new Program(WORKER, this.url, this.superuser);
    this.#programs.push(program);
    await program.printed('registered');
    return program;
  }

  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.process.stop('SIGTERM');
  }

  /** The same service again, on the same database and port. */
  async startAgain(): Promise<void> {
    this.process = this.playground.start(this.folder, { ...this.environment, PORT: new URL(this.url).port });
    await this.process.listening();
  }

  /** Lets go of what one test made. */
  async tidy(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.end('SIGKILL')));
    await Promise.all(this.#managers.splice(0).map((manager) => manager.disconnect()));
  }

  async close(): Promise<void> {
    await this.tidy();
    await this.playground.clear();
  }
}

/** A worker's program, run with nothing in its environment but where and as whom. */
export class Program {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(script: string, url: string, token: string) {
    const env = { PATH: process.env['PATH'] ?? '', JOBLIB_URL: url, JOBLIB_TOKEN: token };
    this.#child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#ended = once(this.#child, 'close');
  }

  /** Resolves once this is a line of its output. @throws Error with all of it when it ends before. */
  async printed(line: string): Promise<void> {
    const ended = this.#ended.then(() => {
      if (!this.output.split('\n').includes(line)) throw new Error(`The worker ended without '${line}':\n${this.output}`);
    });
    while (!this.output.split('\n').includes(line)) {
      await Promise.race([ended, once(this.#child.stdout ?? this.#child, 'data')]);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, or the signal that killed it. */
  async end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (signal !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
