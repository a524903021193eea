import { Logger } from '@nestjs/common';
import type { Service } from './service.js';

const DEADLINE_MS = 9_000;

/** Stops the service at SIGTERM or SIGINT and ends the process: 0 when all was closed, 1 when something hung until the deadline. */
export function stopOnSignals(service: Service): void {
  const logger = new Logger('Service');
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    logger.log(`${signal}: stopping`);
    setTimeout(() => {
      logger.error(`Not everything was closed within ${DEADLINE_MS / 1000} s; leaving anyway.`);
      process.exit(1);
    }, DEADLINE_MS).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('The stop failed.', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
