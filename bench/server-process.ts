import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const LISTENING = /listening on (https?:\/\/[\w.:[\]-]+)/;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const KEPT_OUTPUT_CHARACTERS = 4000;
const KERNEL_TICKS_PER_SECOND = 100;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export interface ServerCommand {
  readonly script: string;
  readonly nodeFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** `null`: wherever the system likes. */
  readonly core: number | null;
}

/** A server as a child process, from its line `listening on http://…` until `stop`; it never outlives this process. */
export class ServerProcess {
  /** The last of what it wrote, for messages about its failures. */
  recentOutput = '';
  readonly #child: ChildProcess;
  #origin: string | null = null;

  private constructor({ script, nodeFlags, environment, core }: ServerCommand) {
    const parameters = [...nodeFlags, script];
    const [command, all] =
      core === null ? [process.execPath, parameters] : ['taskset', ['-c', String(core), process.execPath, ...parameters]];
    this.#child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    running.add(this.#child);
    this.#child.once('exit', () => running.delete(this.#child));
  }

  /** @throws Error with the last output when it ends, or says nothing for 60 s, before it listens */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    await server.#listening(command.script);
    return server;
  }

  /** For example `http://127.0.0.1:8000`. */
  get origin(): string {
    if (this.#origin === null) throw new Error('The server does not listen yet.');
    return this.#origin;
  }

  /** Processor time used so far by all its threads, in seconds; null where the system does not tell. */
  cpuSeconds(): number | null {
    try {
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / KERNEL_TICKS_PER_SECOND;
    } catch {
      return null;
    }
  }

  /** Asks it to end by SIGTERM, and ends it by force after 20 s. Resolves to whether it went by itself with exit code 0. */
  async stop(): Promise<boolean> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
      this.#child.kill('SIGTERM');
      await ended;
      clearTimeout(force);
    }
    return this.#child.exitCode === 0;
  }

  #listening(script: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (reason: string): void => {
        clearTimeout(limit);
        this.#child.kill('SIGKILL');
        reject(new Error(`${script} ${reason}\n${this.recentOutput}`));
      };
      const limit = setTimeout(() => giveUp(`did not listen within ${START_LIMIT_MS / 1000} s.`), START_LIMIT_MS);
      const read = (chunk: Buffer): void => {
        this.recentOutput = (this.recentOutput + chunk.toString()).slice(-KEPT_OUTPUT_CHARACTERS);
        if (this.#origin !== null) return;
        this.#origin = LISTENING.exec(this.recentOutput)?.[1] ?? null;
        if (this.#origin === null) return;
        clearTimeout(limit);
        resolve();
      };
      this.#child.stdout?.on('data', read);
      this.#child.stderr?.on('data', read);
      this.#child.once('error', (error) => giveUp(`could not be started: ${error.message}`));
      this.#child.once('exit', (code) => giveUp(`ended with code ${code} before it listened.`));
    });
  }
}
