import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import { OutputLines } from '../probe/output-lines.js';
import type { ServiceEnd } from '../service-plugin.js';
import { goneWithin, isGroupAlive, signalGroup, signalProcess } from './end-processes.js';
import { MarkedProcesses } from './marked-processes.js';
import { MARK_VARIABLE } from './process-records.js';

/** How long the last lines of a process that is gone may take to arrive. */
const LAST_LINES_MS = 500;
/** How long whatever is killed may take to be gone. */
const KILLED_WITHIN_MS = 10_000;
const STREAMS = ['stdout', 'stderr'] as const;

interface RunningProcessOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  /** In the environment of everything that descends from it. */
  readonly mark: string;
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
}

/** One process with a group of its own, until nothing is left of it. */
export class RunningProcess {
  /** Settled when the first process of the group has ended; the others may live on. */
  readonly ended: Promise<ServiceEnd>;
  readonly mark: string;
  readonly #child: ChildProcess;
  readonly #descendants: MarkedProcesses;
  readonly #closed: Promise<unknown>;
  readonly #over = new AbortController();
  #hasEnded = false;
  /** Its number may be a stranger's from then on. */
  #isGone = false;

  constructor([program, ...args]: readonly [string, ...string[]], { mark, onLine, ...options }: RunningProcessOptions) {
    this.mark = mark;
    this.#descendants = new MarkedProcesses(mark);
    const env = { ...options.env, [MARK_VARIABLE]: mark };
    this.#child = spawn(program, args, { ...options, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    for (const name of STREAMS) followLines(this.#child[name], (line) => onLine(name, line));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (exitCode, signal) => {
        this.#hasEnded = true;
        resolve({ exitCode, signal });
      });
    });
    STARTED.add(this);
    if (STARTED.size === 1) process.once('exit', killAll);
  }

  /** `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves when it runs. @throws Error why it does not. */
  async spawned(): Promise<void> {
    try {
      await once(this.#child, 'spawn');
      this.#child.on('error', () => undefined);
    } catch (error) {
      this.#isGone = true;
      this.#forget();
      throw error;
    }
  }

  /** Sends it to all of its group, and resolves when all of them have ended, or `release` was called. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#isGone || this.pid === undefined) return;
    this.kill(signal);
    await goneWithin(() => !this.#hasEnded || this.#isGroupAlive(), signal === 'SIGKILL' ? KILLED_WITHIN_MS : Infinity, this.#over.signal);
  }

  /** Kills the group and, on Linux, whatever has left it, and closes what it wrote to. @returns whether all is gone. */
  async release(): Promise<boolean> {
    await this.end('SIGKILL');
    this.#over.abort();
    for (const pid of this.#descendants.living()) signalProcess(pid, 'SIGKILL');
    const isGone = await goneWithin(() => this.#descendants.living().length > 0 || (!this.#isGone && !this.#hasEnded), KILLED_WITHIN_MS);
    this.#isGone ||= this.#hasEnded && !this.#isGroupAlive();
    const lastLines = new AbortController();
    await Promise.race([this.#closed, pause(LAST_LINES_MS, undefined, { signal: lastLines.signal }).catch(() => undefined)]);
    lastLines.abort();
    for (const name of STREAMS) this.#child[name]?.destroy();
    if (isGone) this.#forget();
    return isGone && this.#isGone;
  }

  /** Without waiting. */
  kill(signal: NodeJS.Signals): void {
    if (this.#isGone || this.pid === undefined) return;
    if (!signalGroup(this.pid, signal) && this.#hasEnded) this.#isGone = true;
  }

  #isGroupAlive(): boolean {
    if (this.#isGone || this.pid === undefined) return false;
    const isAlive = isGroupAlive(this.pid);
    if (this.#hasEnded && !isAlive) this.#isGone = true;
    return isAlive;
  }

  #forget(): void {
    STARTED.delete(this);
    if (STARTED.size === 0) process.off('exit', killAll);
  }
}

/** Whatever runs when this process leaves without having stopped it. */
const STARTED = new Set<RunningProcess>();

function killAll(): void {
  for (const running of STARTED) running.kill('SIGKILL');
}

function followLines(stream: Readable | null, onLine: (line: string) => void): void {
  const lines = new OutputLines(onLine);
  stream?.on('data', (bytes: Buffer) => lines.write(bytes));
  stream?.once('end', () => lines.end());
  stream?.on('error', () => undefined);
}
