import { PassThrough } from 'node:stream';

import type Docker from 'dockerode';

import { OutputLines } from '../probe/output-lines.js';
import type { ContainerRequest } from './container-request.js';
import type { ImageReference } from './image-reference.js';
import { imageName } from './image-reference.js';

/** A container that was found by its labels. */
export interface FoundContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the engine says of a container. `health` is that of the image's own check, `null` when it has none. */
export interface ContainerState {
  readonly isRunning: boolean;
  readonly exitCode: number;
  readonly health: string | null;
}

/** A line of what an engine tells while it fetches: it answers 200 before it knows whether it can. */
interface PullStep {
  readonly error?: string;
}

/** Where an engine listens; what `DOCKER_HOST` says, or the usual socket, when absent. */
export interface EngineAddress {
  readonly socketPath?: string;
}

/** A container engine with the API of Docker's. */
export class ContainerEngine {
  private constructor(private readonly docker: Docker) {}

  /** Connects to nothing yet. @throws Error saying what to install. */
  static async open(address: EngineAddress): Promise<ContainerEngine> {
    try {
      const { default: Engine } = await import('dockerode');
      return new ContainerEngine(new Engine(address.socketPath === undefined ? undefined : { socketPath: address.socketPath }));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
      throw new Error('containers need the package dockerode: install it with `npm install dockerode`', { cause });
    }
  }

  /** Also those that do not run. */
  async find(labels: Readonly<Record<string, string>>): Promise<FoundContainer[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const found = await this.docker.listContainers({ all: true, filters: { label } });
    return found.map(({ Id, Labels }) => ({ id: Id, labels: Labels }));
  }

  /** Fetches the image unless it is there. @throws what the engine or the registry says. */
  async provide(image: ImageReference, signal: AbortSignal): Promise<void> {
    const isThere = await this.docker
      .getImage(imageName(image))
      .inspect()
      .then(() => true, absent);
    if (isThere) return;
    const options = { fromImage: image.repository, tag: image.digest ?? image.tag ?? 'latest', abortSignal: signal };
    const progress = await this.docker.createImage(options);
    const steps = await new Promise<readonly PullStep[]>((resolve, reject) => {
      const done = (error: Error | null, output: readonly PullStep[]): void => (error === null ? resolve(output) : reject(error));
      this.docker.modem.followProgress(progress, done);
    });
    const failure = steps.find(({ error }) => error !== undefined);
    if (failure !== undefined) throw new Error(failure.error);
  }

  /** @returns its id. */
  async create(name: string, request: ContainerRequest): Promise<string> {
    // In one piece the client would put all of it into the address as well, secrets of the environment included.
    const apart = { _query: { name }, _body: request } as unknown as Docker.ContainerCreateOptions;
    const { id } = await this.docker.createContainer(apart);
    return id;
  }

  async start(id: string): Promise<void> {
    await this.docker.getContainer(id).start();
  }

  async state(id: string): Promise<ContainerState> {
    const { State } = await this.docker.getContainer(id).inspect();
    return { isRunning: State.Running, exitCode: State.ExitCode, health: State.Health?.Status ?? null };
  }

  /** Calls back for each line that it writes, from its start, until the signal aborts. Resolves when it is connected. */
  async follow(id: string, signal: AbortSignal, onLine: (stream: 'stdout' | 'stderr', line: string) => void): Promise<void> {
    const output = await this.docker.getContainer(id).logs({ follow: true, stdout: true, stderr: true, abortSignal: signal });
    const streams = (['stdout', 'stderr'] as const).map((name) => {
      const lines = new OutputLines((line) => onLine(name, line));
      return new PassThrough().on('data', (bytes: Buffer) => lines.write(bytes)).on('end', () => lines.end());
    });
    output.on('error', () => undefined);
    output.on('end', () => streams.forEach((stream) => stream.end()));
    const [stdout, stderr] = streams as [PassThrough, PassThrough];
    this.docker.modem.demuxStream(output, stdout, stderr);
  }

  /** Resolves with its exit code when it has ended. @throws Error when the signal aborts. */
  async wait(id: string, signal: AbortSignal): Promise<number> {
    const answer = (await this.docker.getContainer(id).wait({ abortSignal: signal })) as { StatusCode: number };
    return answer.StatusCode;
  }

  /** Sends the image's stop signal, and waits for its end; the engine kills it after that time. */
  async stop(id: string, timeoutSeconds: number): Promise<void> {
    const hasEnded = (error: unknown): void => {
      if (![304, 404].includes(statusOf(error))) throw error;
    };
    await this.docker
      .getContainer(id)
      .stop({ t: Math.ceil(timeoutSeconds) })
      .catch(hasEnded);
  }

  /** Kills it if it runs, and removes it with its nameless volumes. Gone already, or going, is fine. */
  async remove(id: string): Promise<void> {
    const isGone = (error: unknown): void => {
      if (![404, 409].includes(statusOf(error))) throw error;
    };
    await this.docker.getContainer(id).remove({ force: true, v: true }).catch(isGone);
  }
}

function absent(error: unknown): boolean {
  if (statusOf(error) === 404) return false;
  throw error;
}

function statusOf(error: unknown): number {
  return (error as { statusCode?: number }).statusCode ?? 0;
}
