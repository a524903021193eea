import { ServiceConfigError } from '../service-errors.js';

interface Node {
  readonly name: string;
  readonly requires: readonly string[];
}

/** What is required comes first; what does not depend on each other keeps its order. @throws ServiceConfigError about a cycle, an unknown or a repeated name. */
export function startOrder<Service extends Node>(services: readonly Service[]): Service[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  if (byName.size < services.length) throw new ServiceConfigError(repeatedName(services));
  const ordered = new Set<Service>();
  const visit = (service: Service, path: readonly string[]): void => {
    if (ordered.has(service)) return;
    const { name, requires } = service;
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(' -> ');
      throw new ServiceConfigError(`Services require each other: ${cycle}. Remove one of these from \`requires\`.`);
    }
    for (const required of requires) {
      const other = byName.get(required);
      if (other === undefined) throw new ServiceConfigError(`Service ${name} requires ${required}, and there is no service of that name.`);
      visit(other, [...path, name]);
    }
    ordered.add(service);
  };
  for (const service of services) visit(service, []);
  return [...ordered];
}

function repeatedName(services: readonly Node[]): string {
  const names = services.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  return `There are two services named ${repeated}: give each a name of its own.`;
}
