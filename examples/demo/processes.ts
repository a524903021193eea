import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A Node program to start. */
export interface Program {
  /** What people call it. */
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const STOP_TIMEOUT_MS = 12_000; // a service may take 10 s to answer what it holds
const KEPT_LINES = 12;
const GUARD = new URL('end-with-parent.js', import.meta.url).href;

/** A program that was started, with what it printed. */
export class RunningProgram {
  readonly pid: number;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private readonly listeners = new Set<(line: string) => void>();
  private readonly ended: Promise<string>;
  private hasEnded = false;

  constructor(
    readonly name: string,
    program: Program,
  ) {
    // A group of its own: Ctrl-C in the terminal reaches the demo alone, which then stops its programs in order.
    this.child = spawn(process.execPath, ['--import', GUARD, program.script, ...program.args], {
      cwd: program.cwd,
      env: program.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.pid = this.child.pid ?? -1;
    this.read(this.child.stdout);
    this.read(this.child.stderr);
    this.ended = this.awaitEnd();
  }

  /** Resolves to the reason when the program ends, asked or not. */
  async end(): Promise<string> {
    const how = await this.ended;
    return [`The ${this.name} ended (${how}).`, ...this.lines.slice(-KEPT_LINES).map((line) => `  ${line}`)].join('\n');
  }

  /** Resolves to the match in the first line, printed before or after this call, that has one. Rejects after `timeoutSeconds`, or when the program ends. */
  async lineMatching(pattern: RegExp, timeoutSeconds: number): Promise<RegExpMatchArray> {
    const early = this.lines.map((line) => line.match(pattern)).find((match) => match !== null);
    if (early) return early;
    const stopWaiting = new AbortController();
    const found = new Promise<RegExpMatchArray>((resolve) => {
      const listen = (line: string): void => {
        const match = line.match(pattern);
        if (match) resolve(match);
      };
      this.listeners.add(listen);
      stopWaiting.signal.addEventListener('abort', () => this.listeners.delete(listen));
    });
    const late = expire(timeoutSeconds, `The ${this.name} was not ready within ${timeoutSeconds} s.`, stopWaiting.signal);
    try {
      return await Promise.race([found, late, this.end().then((reason) => Promise.reject(new Error(reason)))]);
    } finally {
      stopWaiting.abort();
    }
  }

  /** Asks it to end, insists after 12 s, and resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGTERM');
    const insist = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(insist);
  }

  /** Ends it at once. */
  kill(): void {
    if (!this.hasEnded) this.child.kill('SIGKILL');
  }

  private read(stream: Readable | null): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      this.lines.push(line);
      if (this.lines.length > 10 * KEPT_LINES) this.lines.splice(0, KEPT_LINES);
      for (const listen of this.listeners) listen(line);
    });
  }

  private async awaitEnd(): Promise<string> {
    try {
      const [code, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
      return signal === null ? `exit code ${code}` : `signal ${signal}`;
    } catch (error) {
      return String(error);
    } finally {
      this.hasEnded = true;
    }
  }
}

/** All programs of the demo. Whatever way the demo ends, they end too. */
export class Processes {
  /** Rejects when a program ends that nobody asked to. */
  readonly unexpectedEnd: Promise<never>;
  private readonly running: RunningProgram[] = [];
  private isStopping = false;
  private reportEnd!: (error: Error) => void;

  constructor() {
    this.unexpectedEnd = new Promise<never>((_, reject) => (this.reportEnd = reject));
    this.unexpectedEnd.catch(() => undefined);
    process.on('exit', () => this.running.forEach((program) => program.kill()));
  }

  start(program: Program): RunningProgram {
    if (this.isStopping) throw new Error(`The ${program.name} is not started any more: the demo is stopping.`);
    const started = new RunningProgram(program.name, program);
    this.running.push(started);
    void started.end().then((reason) => this.reportEnd(new Error(reason)));
    return started;
  }

  /** Last started, first stopped: a worker can still take its leave of the service. */
  async stopAll(): Promise<void> {
    this.isStopping = true;
    for (const program of this.running.toReversed()) await program.stop();
  }
}

function expire(timeoutSeconds: number, message: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(message)), timeoutSeconds * 1000);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
