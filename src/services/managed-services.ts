import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { PluginLogger } from '@joblib/plugins';
import { ResourceTracker, Supervisor, defineServices, endOrphans, isActive } from '@joblib/plugins/services';
import type { DisposeLimits, ServiceConfig, ServiceDefinition } from '@joblib/plugins/services';
import type { ManagedTokens } from '../auth/managed-tokens.js';
import type { Environment } from '../config/environment.js';
import type { JoblibFile } from '../config/joblib-file.js';
import { NestPluginLogger } from '../log/nest-plugin-logger.js';
import { addressForContainers, addressForPrograms } from './listening-address.js';

/** Of the ten seconds that a stop may take: the rest is for calls that are held, sockets and the database. */
const STOP_LIMITS: DisposeLimits = { graceSeconds: 5, forceSeconds: 2 };

/** What services are opened with. */
export interface ManagedServicesOptions {
  /** Beside the database; what runs is recorded there. */
  readonly folder: string;
  readonly tokens: ManagedTokens;
  /** What the file's `env` may hand on. */
  readonly environment: Environment;
}

/** The services of this server: opened before it, started once it listens, stopped before anything else. */
export class ManagedServices {
  /** `null` when the file has none. */
  readonly supervisor: Supervisor | null;
  readonly #logger: PluginLogger = new NestPluginLogger('Services');
  readonly #recordsFolder: string;
  #address: AddressInfo | null = null;

  /** Starts nothing. */
  constructor(
    { services, resourceLimits }: JoblibFile,
    private readonly options: ManagedServicesOptions,
  ) {
    this.#recordsFolder = resolve(options.folder, 'services');
    const tracker = new ResourceTracker({ limits: resourceLimits });
    const definitions = services.flatMap((config) => this.#define(config));
    this.supervisor = definitions.length === 0 ? null : new Supervisor(definitions, { logger: this.#logger, tracker });
    this.supervisor?.onChange((change) => {
      // While it is being stopped it needs its token to take its leave.
      if (change.kind === 'state' && !isActive(change.to)) options.tokens.revoke(change.status.name);
    });
  }

  /** Ends what a killed server left behind, of services that are no longer in the file too, and starts all. Waits for nothing. */
  start(address: AddressInfo): void {
    this.#address = address;
    void this.#startAll();
  }

  /** In reverse start order, by force after a while. Never rejects. */
  async stop(): Promise<void> {
    await this.supervisor?.dispose(STOP_LIMITS);
  }

  async #startAll(): Promise<void> {
    try {
      await endOrphans(this.#recordsFolder, this.#logger);
    } catch (error) {
      this.#logger.error(`What was left behind cannot be looked for in ${this.#recordsFolder}: ${(error as Error).message}`);
    }
    await this.supervisor?.startAll();
  }

  #define(config: ServiceConfig): ServiceDefinition[] {
    return defineServices([config], {
      logger: this.#logger,
      recordsFolder: this.#recordsFolder,
      containerOwner: `${hostname()}:${this.#recordsFolder}`,
      ownEnvironment: this.options.environment,
      environment: (name) => this.#environmentOf(name, config.kind),
    });
  }

  async #environmentOf(name: string, kind: ServiceConfig['kind']): Promise<Record<string, string>> {
    const token = await this.options.tokens.issue(name);
    if (this.#address === null || !this.#isActive(name)) {
      // A start that took too long and was given up.
      this.options.tokens.revoke(name);
      throw new Error('it is not to be started any more');
    }
    const address = kind === 'process' ? addressForPrograms(this.#address) : addressForContainers(this.#address);
    return { ...(address === null ? {} : { JOBLIB_URL: address }), JOBLIB_TOKEN: token };
  }

  #isActive(name: string): boolean {
    return this.supervisor !== null && isActive(this.supervisor.status(name).state);
  }
}
