import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';

/** Where a server that listens on all addresses is reached from its own machine. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** The address of a server as people write it. */
export function webAddress({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `http://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/** The address for programs on the same machine. */
export function addressForPrograms({ address, port }: AddressInfo): string {
  return webAddress({ address: LOOPBACK[address] ?? address, port });
}

/** The address for containers; `null` when only the engine knows one: inside of a container, loopback is the container. */
export function addressForContainers({ address, port }: AddressInfo): string | null {
  const isLocal = address in LOOPBACK || address === '::1' || /^(::ffff:)?127\./.test(address);
  return isLocal ? null : webAddress({ address, port });
}
