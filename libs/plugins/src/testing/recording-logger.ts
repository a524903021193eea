import type { PluginLogger } from '../logger.js';

/** Keeps every line with its level: `error: Plugin slack failed …`. */
export class RecordingLogger implements PluginLogger {
  readonly lines: string[] = [];

  debug(message: string): void {
    this.lines.push(`debug: ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info: ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn: ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }
}
