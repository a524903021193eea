import { ContainerService } from '../container/container-service.js';
import type { ContainerServiceOptions } from '../container/container-service.js';
import { ProcessService } from '../process/process-service.js';
import type { ProcessServiceOptions } from '../process/process-service.js';
import type { ServiceDefinition } from '../supervisor/supervisor.js';
import type { ServiceConfig } from './parse-services.js';

/** What the application adds to a configuration file. */
export interface DefineServicesOptions extends ProcessServiceOptions, ContainerServiceOptions {
  /** Whose containers these are, see `ContainerServiceConfig`. */
  readonly containerOwner?: string;
}

/** What a `Supervisor` takes. */
export function defineServices(configs: readonly ServiceConfig[], options: DefineServicesOptions = {}): ServiceDefinition[] {
  return configs.map((config) => {
    const { kind, requires, jobs, policy } = config;
    return { plugin: pluginOf(config, options), kind, requires, jobs, policy };
  });
}

function pluginOf(config: ServiceConfig, options: DefineServicesOptions): ProcessService | ContainerService {
  if (config.kind === 'process') return new ProcessService(config.process, options);
  const { containerOwner } = options;
  return new ContainerService({ ...config.container, ...(containerOwner === undefined ? {} : { owner: containerOwner }) }, options);
}
