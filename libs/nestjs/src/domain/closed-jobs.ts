import { isAlive } from './service-life.js';
import type { Service } from './service.js';

/** Whether it does its jobs any good: its server lives, and it runs and is healthy. */
export function isOfUse(service: Service, now: number): boolean {
  return service.state === 'running' && service.health === 'healthy' && isAlive(service, now);
}

/**
 * Full names of the jobs that are not to be handed out. A job is open while every service that names it is of use on some server;
 * services of one name are one, whatever server has them. @param services of all servers.
 */
export function closedJobs(services: readonly Service[], now: number): ReadonlySet<string> {
  const ofUse = new Set(services.filter((service) => isOfUse(service, now)).map(({ name }) => name));
  return new Set(services.filter(({ name }) => !ofUse.has(name)).flatMap(({ jobs }) => jobs));
}
