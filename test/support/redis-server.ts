import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Why a Redis server of one's own cannot be started here; `null` when it can. */
export const redisMissing: string | null = findDefect();

function findDefect(): string | null {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'there is no redis-server on this machine';
  }
}

/** A Redis server that keeps nothing on disk, on a port of its own. */
export class RedisServer {
  #process: ChildProcess | null = null;

  private constructor(readonly port: number) {}

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Again, at the same address; what it kept is gone. */
  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const started = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#process = started;
    process.once('exit', this.#killAtExit);
    for await (const output of started.stdout as AsyncIterable<Buffer>) if (output.includes('Ready to accept connections')) break;
    started.stdout.resume();
    if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode} on port ${this.port}.`);
  }

  /** As by `kill -9`. Resolves when it is gone. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    process.off('exit', this.#killAtExit);
    if (running === null || running.exitCode !== null) return;
    const exit = once(running, 'exit');
    running.kill('SIGCONT');
    running.kill('SIGKILL');
    await exit;
  }

  /** It answers nothing more, and closes nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  readonly #killAtExit = (): void => {
    this.#process?.kill('SIGKILL');
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
