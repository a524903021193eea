export { SERVICE_STATES, assertTransition, canReset, canRestart, canStart, canStop, canTransition, isActive } from './service-state.js';
export type { ServiceState } from './service-state.js';
export {
  HealthCheckFailed,
  InvalidState,
  ResourceAllocationFailed,
  ServiceConfigError,
  ServiceEnded,
  ServiceError,
  ServiceNotFoundError,
  StartFailed,
  StopFailed,
} from './service-errors.js';
export type { HealthStatus, ResourceNeed, ServiceEnd, ServiceHandle, ServicePlugin } from './service-plugin.js';
export { ResourceTracker } from './resource-tracker.js';
export type { ResourceLimits } from './resource-tracker.js';
export { SYSTEM_SERVICE_CLOCK } from './service-clock.js';
export type { ServiceClock } from './service-clock.js';
export { SERVICE_NAME_ATTRIBUTE } from './spans.js';
export type { ServicePhase } from './spans.js';
export { Supervisor } from './supervisor/supervisor.js';
export type { ServiceDefinition, SupervisorOptions } from './supervisor/supervisor.js';
export type { DisposeLimits } from './supervisor/hurry.js';
export { DEFAULT_POLICY } from './supervisor/service-policy.js';
export type { RestartPolicy, ServicePolicy } from './supervisor/service-policy.js';
export type { HealthCheckReport, ServiceChange, ServiceStatus } from './supervisor/service-status.js';
export type { Readiness } from './probe/readiness.js';
export type { ServiceOutput } from './service-output.js';
export { ProcessService } from './process/process-service.js';
export type { ProcessServiceOptions } from './process/process-service.js';
export type { ProcessServiceConfig } from './process/process-config.js';
export { endOrphans } from './process/end-orphans.js';
export { ContainerService } from './container/container-service.js';
export type { ContainerServiceOptions } from './container/container-service.js';
export type { ContainerServiceConfig } from './container/container-config.js';
export { imageName, parseImage } from './container/image-reference.js';
export type { ImageReference } from './container/image-reference.js';
export { parseServices } from './config/parse-services.js';
export type { ServiceConfig } from './config/parse-services.js';
export { defineServices } from './config/define-services.js';
export type { DefineServicesOptions } from './config/define-services.js';
