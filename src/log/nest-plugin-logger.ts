import { Logger } from '@nestjs/common';
import type { PluginLogger } from '@joblib/plugins';

/** Lines of plugins, services and those who run them among those of the service. */
export class NestPluginLogger implements PluginLogger {
  readonly #logger: Logger;

  constructor(context: 'Plugins' | 'Services') {
    this.#logger = new Logger(context);
  }

  debug(message: string): void {
    this.#logger.debug(message);
  }

  info(message: string): void {
    this.#logger.log(message);
  }

  warn(message: string): void {
    this.#logger.warn(message);
  }

  error(message: string): void {
    this.#logger.error(message);
  }
}
