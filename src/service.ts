import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { settingsFromEnv, stopListening } from '@joblib/nestjs';
import { AppModule } from './app.module.js';
import type { AppParts } from './app.module.js';
import { makeIdentity } from './auth/make-identity.js';
import { ManagedTokens } from './auth/managed-tokens.js';
import { signingSecretOf } from './auth/signing-secret.js';
import type { Environment } from './config/environment.js';
import type { JoblibFile } from './config/joblib-file.js';
import type { ServiceConfig } from './config/service-config.js';
import { configureApp } from './configure-app.js';
import { ownDatabaseFile } from './database/file-ownership.js';
import { dataSourceOf } from './database/open-data-source.js';
import { createFastifyAdapter } from './http/fastify-adapter.js';
import { ServiceLogger } from './log/service-logger.js';
import { openPlugins } from './plugins/open-plugins.js';
import { ServicePluginHost } from './plugins/service-plugin-host.js';
import { SharedRedis } from './redis/shared-redis.js';
import { webAddress } from './services/listening-address.js';
import { ManagedServices } from './services/managed-services.js';

/** How long a restarted server waits for the one before it to let go of the database file. */
const OWNERSHIP_WAIT_SECONDS = 10;

/** When a stop that services take their time for stops waiting for clients: early enough to be over within ten seconds. */
const LAST_CALL_SECONDS = 8;
const LONGEST_LAST_CALL_SECONDS = 5;

/** One server, from configuration to the end of its process. */
export class Service {
  /** Resolves when the last connection is closed, once a stop has begun. */
  #drained: Promise<void> = Promise.resolve();

  private constructor(
    readonly app: NestFastifyApplication,
    private readonly config: ServiceConfig,
    private readonly services: ManagedServices,
    private readonly closing: Closing,
  ) {
    // The database is closed after the server, so not before every call has its answer.
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('preClose', () => this.#drained);
  }

  /** @throws ConfigError when it cannot work as configured. */
  static async create(config: ServiceConfig, file: JoblibFile, environment: Environment): Promise<Service> {
    Logger.overrideLogger(new ServiceLogger(config.logLevel));
    const settings = settingsFromEnv(environment);
    const closing = new Closing();
    try {
      const pluginHost = new ServicePluginHost();
      const plugins = await openPlugins(file, pluginHost);
      closing.add(() => plugins.close());
      const { database } = config;
      const databaseFile = database.engine === 'sqlite' ? database.file : null;
      const ownership = databaseFile === null ? null : await ownDatabaseFile(databaseFile, OWNERSHIP_WAIT_SECONDS);
      closing.add(() => ownership?.release());
      const redis = config.redisUrl === null ? null : await SharedRedis.connect(config.redisUrl);
      closing.add(() => redis?.close());
      const tokens = new ManagedTokens();
      const folder = ownership === null ? 'data' : dirname(ownership.path);
      const services = new ManagedServices(file, { folder, tokens, environment });
      const parts = { settings, redis, plugins, services: services.supervisor };
      const app = await createApp(config, parts, tokens, ownership?.path ?? ':memory:');
      const service = new Service(app, config, services, closing);
      pluginHost.attach(app);
      await initialize(app);
      warnOfIsolation(config);
      return service;
    } catch (error) {
      await closing.close();
      throw error;
    }
  }

  /** Resolves to the address once requests are served. */
  async listen(): Promise<string> {
    const { host, port } = this.config;
    await this.app.listen(port, host);
    return webAddress(this.#address());
  }

  /** Starts what this server manages, which finds the server's address in its environment. Waits for nothing. */
  startServices(): void {
    this.services.start(this.#address());
  }

  /**
   * Ends what this server manages, while that may still report and take its leave. Then it takes no more connections, has the held calls
   * answered, closes the sockets and the database, and lets go of its file.
   */
  async stop(): Promise<void> {
    const beganMs = performance.now();
    await this.services.stop();
    const leftSeconds = LAST_CALL_SECONDS - (performance.now() - beganMs) / 1000;
    const lastCallSeconds = Math.max(0, Math.min(LONGEST_LAST_CALL_SECONDS, leftSeconds));
    this.#drained = stopListening(this.app.getHttpServer(), { lastCallSeconds });
    await this.app.close();
    await this.closing.close();
  }

  #address(): AddressInfo {
    return this.app.getHttpServer().address() as AddressInfo;
  }
}

/** What has to be closed after the application, the last first. */
class Closing {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** Reads what it has to know before it serves. @throws what went wrong, with everything closed again. */
async function initialize(app: NestFastifyApplication): Promise<void> {
  try {
    await app.init();
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Without Redis two servers on one database are right, and each is an island in what is not in the database. */
function warnOfIsolation({ database, redisUrl }: ServiceConfig): void {
  if (database.engine !== 'postgres' || redisUrl !== null) return;
  const alone = 'events, sockets and reads of providers stay on this server, and others on this database take longer to notice its changes';
  new Logger('Redis').warn(`REDIS_URL is not set: ${alone}. A single server needs none.`);
}

async function createApp(
  config: ServiceConfig,
  parts: Pick<AppParts, 'settings' | 'redis' | 'plugins' | 'services'>,
  tokens: ManagedTokens,
  databaseFile: string,
): Promise<NestFastifyApplication> {
  const secret = await signingSecretOf(config);
  const root = AppModule.register({
    ...parts,
    dataSource: await dataSourceOf(config, databaseFile),
    migrate: config.migrate,
    makeIdentity: (clock) => makeIdentity(config.identity, secret, tokens, clock),
  });
  const logger = new ServiceLogger(config.logLevel);
  const app = await NestFactory.create<NestFastifyApplication>(root, createFastifyAdapter(), { abortOnError: false, logger });
  configureApp(app, config, parts.redis, tokens);
  return app;
}
