import { isatty } from 'node:tty';
import { ConsoleLogger } from '@nestjs/common';
import type { LogLevel } from '@nestjs/common';
import { LOG_LEVELS } from '../config/service-config.js';
import type { LogLevelName } from '../config/service-config.js';

/** What the framework tells about every module, route and event at each start. */
const CHATTY_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
]);

/** The framework logs a failed start and throws it as well; whoever catches it prints one line. */
const REPORTED_BY_WHOEVER_CATCHES = new Set(['ExceptionHandler', 'NestApplication']);

/** Readable lines on the standard streams. What the framework says of itself shows from level `debug` on. */
export class ServiceLogger extends ConsoleLogger {
  readonly #isDetailed: boolean;

  constructor(level: LogLevelName) {
    super({ logLevels: levelsUpTo(level), colors: isatty(process.stdout.fd) });
    this.#isDetailed = isDetailed(level);
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (this.#isDetailed || !CHATTY_CONTEXTS.has(contextOf(rest))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (this.#isDetailed || !REPORTED_BY_WHOEVER_CATCHES.has(contextOf(rest))) super.error(message, ...rest);
  }
}

/** Whether somebody who looks for a defect reads along. */
export function isDetailed(level: LogLevelName): boolean {
  return level === 'debug' || level === 'verbose';
}

function levelsUpTo(level: LogLevelName): LogLevel[] {
  return LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1);
}

/** Nest hands it over as the last argument. */
function contextOf(rest: readonly unknown[]): string {
  return String(rest.at(-1));
}
