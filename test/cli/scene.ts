import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { JobManager } from '@joblib/client';
import type { JobManagerOptions } from '@joblib/client';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { CliProcess } from './cli-process.js';
import type { Ending, Surroundings } from './cli-process.js';

/** The real service, and somebody at a terminal in a folder of their own, who may do everything. */
export class Scene {
  static readonly SECRET = 'a secret of thirty-two bytes or more';

  readonly #managers: JobManager[] = [];
  readonly #commands: CliProcess[] = [];

  private constructor(
    private readonly playground: Playground,
    private server: ServiceProcess,
    private readonly environment: Record<string, string>,
    private readonly serviceFolder: string,
    readonly url: string,
    /** `ada`, a superuser. */
    readonly ada: string,
    /** `bob`, who is none. */
    readonly bob: string,
    /** Where commands are run, and their home. */
    readonly folder: string,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Scene> {
    const playground = new Playground();
    const folder = playground.folder();
    const environment = { ZNDRAW_JOBLIB_JWT_SECRET: Scene.SECRET, ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: '0', ...settings };
    const [ada, bob] = await Promise.all([
      playground.token(folder, ['--sub', 'ada', '--superuser'], environment),
      playground.token(folder, ['--sub', 'bob'], environment),
    ]);
    const server = playground.start(folder, environment);
    return new Scene(playground, server, environment, folder, await server.listening(), ada, bob, playground.folder());
  }

  /** Runs a command to its end. */
  run(args: readonly string[], surroundings: Partial<Surroundings> = {}): Promise<Ending> {
    return this.spawn(args, surroundings).ended();
  }

  /** Starts a command. It is killed at the end of the test if it has not ended. */
  spawn(args: readonly string[], { env, ...others }: Partial<Surroundings> = {}, program?: readonly string[]): CliProcess {
    const surroundings = { folder: this.folder, env: { ...this.env, ...env }, ...others };
    const command = new CliProcess(args, surroundings, program);
    this.#commands.push(command);
    return command;
  }

  get env(): Record<string, string> {
    return { HOME: this.folder, JOBLIB_URL: this.url, JOBLIB_TOKEN: this.ada };
  }

  /** A manager in the process of the test, as ada. */
  manager(options: Partial<JobManagerOptions> = {}): JobManager {
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const manager = new JobManager({ url: this.url, token: this.ada, logger: quiet, ...options });
    this.#managers.push(manager);
    return manager;
  }

  /** Writes a file into the folder of the commands. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** The server answers nothing until it is resumed. */
  pause(): void {
    this.server.child.kill('SIGSTOP');
  }

  resume(): void {
    this.server.child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    await this.server.stop('SIGKILL');
  }

  /** The same service again, on the same database and port. */
  async startAgain(changes: Record<string, string> = {}): Promise<void> {
    this.server = this.playground.start(this.serviceFolder, { ...this.environment, ...changes, PORT: new URL(this.url).port });
    await this.server.listening();
  }

  /** Lets go of what one test made. */
  async tidy(): Promise<void> {
    await Promise.all(this.#commands.splice(0).map((command) => command.ended('SIGKILL')));
    await Promise.all(this.#managers.splice(0).map((manager) => manager.disconnect()));
  }

  async close(): Promise<void> {
    await this.tidy();
    await this.playground.clear();
  }
}
