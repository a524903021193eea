import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page, ServiceView, TaskView } from '@joblib/contract';
import { JoblibUser } from '../support/joblib-user.js';
import { until } from '../support/until.js';
import type { Playground, ServiceProcess } from './server-process.js';

const node = process.execPath;

/** Says what it finds in its environment, and runs until it is ended. */
export const TELLING_PROGRAM = [
  node,
  '-e',
  `const { JOBLIB_URL, JOBLIB_TOKEN, ...others } = process.env;
   console.log('found ' + JSON.stringify({ url: JOBLIB_URL, token: JOBLIB_TOKEN, others }));
   setInterval(() => undefined, 1000);`,
];

/** Takes no notice of SIGTERM, and says when it is there. */
export const STUBBORN_PROGRAM = [
  node,
  '-e',
  `process.on('SIGTERM', () => console.log('no')); setInterval(() => undefined, 1000); console.log('here')`,
];

/** The service in a folder of its own, and somebody who may do everything. */
export class ServicesScene {
  #server: ServiceProcess | null = null;
  #url = '';

  private constructor(
    private readonly playground: Playground,
    readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly token: string,
  ) {}

  static async open(playground: Playground, environment: Readonly<Record<string, string>> = {}): Promise<ServicesScene> {
    const folder = playground.folder();
    return new ServicesScene(playground, folder, environment, await playground.token(folder, ['--sub', 'root', '--superuser']));
  }

  /** Writes `joblib.yaml`. */
  configure(config: object): void {
    writeFileSync(join(this.folder, 'joblib.yaml'), JSON.stringify(config));
  }

  /** Starts the server, once more after it has ended. */
  async start(): Promise<void> {
    this.#server = this.playground.start(this.folder, this.environment);
    this.#url = await this.#server.listening();
  }

  get server(): ServiceProcess {
    if (this.#server === null) throw new Error('The server was not started.');
    return this.#server;
  }

  get url(): string {
    return this.#url;
  }

  get root(): JoblibUser {
    return new JoblibUser(this.#url, this.token);
  }

  async services(): Promise<readonly ServiceView[]> {
    return (await this.root.call<Page<ServiceView>>('GET', '/services')).body.items;
  }

  /** Resolves once the services are like this, by their names. */
  async untilServices(what: string, like: (service: ServiceView) => boolean): Promise<void> {
    await until(what, async () => (await this.services()).every(like));
  }

  untilHealthy(): Promise<void> {
    return this.untilServices('healthy services', ({ state, health }) => state === 'running' && health === 'healthy');
  }

  /** What the program of this name found in its environment, each time it was started. */
  findings(name: string): { url?: string; token: string; others: Record<string, string> }[] {
    return [...this.server.stdout.matchAll(new RegExp(`${name}: found (.*)$`, 'gm'))].map(([, json = '']) => JSON.parse(json) as never);
  }

  /** Of the programs that run, as they are recorded. */
  pids(): number[] {
    const records = join(this.folder, 'data/services');
    const names = existsSync(records) ? readdirSync(records) : [];
    return names.map((name) => (JSON.parse(readFileSync(join(records, name), 'utf8')) as { process: { pid: number } }).process.pid);
  }

  /** A task of that job, once it has ended. */
  async result(job: string, payload: unknown): Promise<TaskView> {
    const { status, body } = await this.root.submit('lab', job, payload);
    if (status !== 202 && status !== 201) throw new Error(`${job} was not submitted: ${JSON.stringify(body)}`);
    return this.ended(body.id);
  }

  async ended(taskId: string): Promise<TaskView> {
    for (;;) {
      const { body } = await this.root.task(taskId, { prefer: 'wait=30' });
      if (['completed', 'failed', 'cancelled'].includes(body.status)) return body;
    }
  }
}
