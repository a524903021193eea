import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { SECRET, serviceUser, tokenOf } from '../faults/service-users.js';
import type { JoblibUser } from '../support/joblib-user.js';
import { PythonConsole } from './python-console.js';
import { PythonProgram } from './python-program.js';

/** The service in a process of its own, with Python programs that talk to it. */
export class Scene {
  readonly #programs: { end(): Promise<void> }[] = [];

  private constructor(
    private readonly playground: Playground,
    private readonly folder: string,
    private readonly environment: Record<string, string>,
    private server: ServiceProcess,
    readonly address: string,
    /** Somebody without a worker; a superuser. */
    readonly alice: JoblibUser,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Scene> {
    const playground = new Playground();
    const folder = playground.folder();
    const environment = { ZNDRAW_JOBLIB_JWT_SECRET: SECRET, ...settings };
    const server = playground.start(folder, environment);
    const address = await server.listening();
    return new Scene(playground, folder, environment, server, address, await serviceUser(address, 'alice', true));
  }

  /** A Python console in which `host` is connected as this user, and everything of `extensions.py` is there. */
  async console(sub: string, isSuperuser = false): Promise<PythonConsole> {
    const console = new PythonConsole();
    this.#programs.push(console);
    await console.let({ url: this.address, token: await tokenOf({ sub, is_superuser: isSuperuser }) });
    await console.run('from extensions import *\nhost = JoblibHost(url, token).__enter__()\nhost.socket.reconnection_delay_max = 0.1');
    return console;
  }

  /** A Python script, as somebody runs it. */
  async script(path: string, sub: string): Promise<PythonProgram> {
    const program = new PythonProgram(path, { JOBLIB_URL: this.address, JOBLIB_TOKEN: await tokenOf({ sub }) });
    this.#programs.push({
      end: async () => {
        program.signal('SIGKILL');
        await program.ended();
      },
    });
    return program;
  }

  async endServer(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.server.stop(signal);
  }

  /** The same service on the same database and port. */
  async startServerAgain(): Promise<void> {
    this.server = this.playground.start(this.folder, { ...this.environment, PORT: new URL(this.address).port });
    await this.server.listening();
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.end()));
    await this.playground.clear();
  }
}
