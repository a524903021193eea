import type { PluginLogger } from '../logger.js';

/** One line that a service wrote. */
export interface ServiceOutput {
  readonly serviceName: string;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

/** Puts it into the log with the service's name before it. */
export function logOutput(logger: PluginLogger): (output: ServiceOutput) => void {
  return ({ serviceName, line }) => logger.info(`${serviceName}: ${line}`);
}
