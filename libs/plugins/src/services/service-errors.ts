import type { ServiceState } from './service-state.js';

/** What all errors about services have in common: whose it is, and `cause`, what was behind it. */
export abstract class ServiceError extends Error {
  constructor(
    readonly serviceName: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A verb that is not for the state that the service is in. Nothing was changed. */
export class InvalidState extends ServiceError {
  override readonly name = 'InvalidState';

  constructor(
    serviceName: string,
    readonly from: ServiceState,
    readonly to: ServiceState,
    options?: ErrorOptions,
  ) {
    super(serviceName, `Invalid state transition: ${from} -> ${to}`, options);
  }
}

/** It did not come up, or was stopped on the way; what it had taken was given back. */
export class StartFailed extends ServiceError {
  override readonly name = 'StartFailed';

  constructor(
    serviceName: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(serviceName, `Service ${serviceName} failed to start: ${reason}`, options);
  }
}

/** It runs, and is not well. */
export class HealthCheckFailed extends ServiceError {
  override readonly name = 'HealthCheckFailed';

  constructor(serviceName: string, reason: string, options?: ErrorOptions) {
    super(serviceName, `Health check of service ${serviceName} failed: ${reason}`, options);
  }
}

/** It could be stopped neither by asking nor by force, or what it left could not be cleaned up. */
export class StopFailed extends ServiceError {
  override readonly name = 'StopFailed';

  constructor(serviceName: string, reason: string, options?: ErrorOptions) {
    super(serviceName, `Service ${serviceName} failed to stop: ${reason}`, options);
  }
}

/** A limit is reached: something else has to be stopped first. `serviceName` is empty when nobody said who asks. */
export class ResourceAllocationFailed extends ServiceError {
  override readonly name = 'ResourceAllocationFailed';

  constructor(
    readonly resourceType: string,
    serviceName = '',
    options?: ErrorOptions,
  ) {
    super(serviceName, `Resource limit exceeded for ${resourceType}`, options);
  }
}

/** It ended by itself with something else than exit code 0. */
export class ServiceEnded extends ServiceError {
  override readonly name = 'ServiceEnded';
}

/** A configuration that cannot work; says which key, and what to write instead. */
export class ServiceConfigError extends Error {
  override readonly name = 'ServiceConfigError';
}

/** Nobody of that name is supervised. */
export class ServiceNotFoundError extends Error {
  override readonly name = 'ServiceNotFoundError';

  constructor(readonly serviceName: string) {
    super(`There is no service ${serviceName}.`);
  }
}
