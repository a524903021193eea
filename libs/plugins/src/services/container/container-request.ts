import type { ContainerSpec } from './container-config.js';
import { imageName } from './image-reference.js';

const BYTES_PER_MB = 1024 * 1024;

/** What the engine is asked to create: field names are the engine's. */
export interface ContainerRequest {
  readonly Image: string;
  readonly Cmd?: string[];
  readonly Env: string[];
  readonly Labels: Record<string, string>;
  readonly ExposedPorts: Record<string, Record<string, never>>;
  readonly HostConfig: {
    readonly PortBindings: Record<string, { HostIp: string; HostPort: string }[]>;
    readonly Mounts: { Type: 'bind' | 'volume'; Source: string; Target: string; ReadOnly: boolean }[];
    readonly Memory?: number;
  };
}

export function containerRequest(
  { image, command, ports, mounts, memoryMb }: ContainerSpec,
  env: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): ContainerRequest {
  const bindings: ContainerRequest['HostConfig']['PortBindings'] = {};
  for (const { containerPort, protocol, hostAddress, hostPort } of ports) {
    (bindings[`${containerPort}/${protocol}`] ??= []).push({ HostIp: hostAddress, HostPort: String(hostPort) });
  }
  return {
    Image: imageName(image),
    ...(command === null ? {} : { Cmd: [...command] }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...labels },
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: bindings,
      Mounts: mounts.map(({ kind, source, target, isReadOnly }) => ({ Type: kind, Source: source, Target: target, ReadOnly: isReadOnly })),
      ...(memoryMb === null ? {} : { Memory: memoryMb * BYTES_PER_MB }),
    },
  };
}
