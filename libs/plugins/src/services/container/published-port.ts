import { assertPort } from '../check-keys.js';
import { ServiceConfigError } from '../service-errors.js';

/** A port of a container that can be reached from outside. */
export interface PublishedPort {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

const FORM = /^(?:(\[[0-9a-fA-F:]+\]|(?:\d+\.){3}\d+):)?(?:(\d+):)?(\d+)(?:\/(tcp|udp))?$/;

/** `8080:80`, `0.0.0.0:8080:80/udp`, or one number for both sides. Reached from this machine only, unless an address is named. @throws ServiceConfigError. */
export function parsePort(text: string | number): PublishedPort {
  const [whole, address, host, container, protocol] = FORM.exec(String(text)) ?? [];
  if (whole === undefined || (address !== undefined && host === undefined)) {
    throw new ServiceConfigError(`${JSON.stringify(text)} is not a port: write it as 8080:80, outside first, or 0.0.0.0:8080:80/tcp.`);
  }
  const containerPort = Number(container);
  const hostPort = Number(host ?? container);
  for (const port of [containerPort, hostPort]) assertPort(`Port ${JSON.stringify(text)}`, port);
  const hostAddress = address === undefined ? '127.0.0.1' : address.replaceAll(/[[\]]/g, '');
  return { hostAddress, hostPort, containerPort, protocol: protocol === 'udp' ? 'udp' : 'tcp' };
}
