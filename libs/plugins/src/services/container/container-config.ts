import { hostname } from 'node:os';

import { assertEnvironment, assertKnownKeys, assertName } from '../check-keys.js';
import { assertReadiness } from '../probe/check-readiness.js';
import type { Readiness } from '../probe/readiness.js';
import { ServiceConfigError } from '../service-errors.js';
import { parseImage } from './image-reference.js';
import type { ImageReference } from './image-reference.js';
import { parseMount } from './mount.js';
import type { Mount } from './mount.js';
import { parsePort } from './published-port.js';
import type { PublishedPort } from './published-port.js';

/** A container to run. */
export interface ContainerServiceConfig {
  readonly name: string;
  /** `latest` without a tag. Fetched when the engine does not have it. */
  readonly image: string;
  /** Instead of the image's own. */
  readonly command?: readonly string[];
  /** `null` stands for what the own environment has; nothing else of that is handed on. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** `8080:80`: outside first; reached from this machine only, unless an address stands before it. */
  readonly ports?: readonly (string | number)[];
  /** `./data:/data`, `/etc/app:/etc/app:ro`, `<volume>:/data`. */
  readonly mounts?: readonly string[];
  /** Seen from this machine. Besides, a health check that the image has must say `healthy`. */
  readonly ready?: Readiness;
  /** Where relative mounts start. The own working folder when absent. */
  readonly cwd?: string;
  readonly memoryMb?: number;
  /** What the engine waits for before it kills by itself. 10 when absent. */
  readonly stopTimeoutSeconds?: number;
  /** Whose containers these are: a start ends what a killed supervisor of the same owner left. This machine and working folder when absent. */
  readonly owner?: string;
}

/** A configuration, read. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: ImageReference;
  readonly command: readonly string[] | null;
  readonly env: Readonly<Record<string, string | null>>;
  readonly ports: readonly PublishedPort[];
  readonly mounts: readonly Mount[];
  readonly ready: Readiness | null;
  readonly memoryMb: number | null;
  readonly stopTimeoutSeconds: number;
  readonly owner: string;
}

const KEYS: readonly (keyof ContainerServiceConfig)[] = [
  ...(['name', 'image', 'command', 'env', 'ports', 'mounts', 'ready', 'cwd', 'memoryMb', 'stopTimeoutSeconds', 'owner'] as const),
];

/** @throws ServiceConfigError naming the key. */
export function containerSpec(config: ContainerServiceConfig): ContainerSpec {
  assertKnownKeys('A container service', config, KEYS);
  assertName(config.name);
  const { name, image, command, env = {}, ports = [], mounts = [], ready, cwd = process.cwd(), memoryMb, stopTimeoutSeconds = 10 } = config;
  if (typeof image !== 'string') throw new ServiceConfigError('Image cannot be empty');
  if (command !== undefined) assertTexts(`command of service ${name}`, command);
  assertEnvironment(`env of service ${name}`, env);
  assertList(`ports of service ${name}`, ports);
  assertTexts(`mounts of service ${name}`, mounts);
  if (ready !== undefined) assertReadiness(`ready of service ${name}`, ready);
  if (memoryMb !== undefined && !(Number.isSafeInteger(memoryMb) && memoryMb > 0)) {
    throw new ServiceConfigError(`memoryMb of service ${name} must be a whole number from 1, got ${String(memoryMb)}.`);
  }
  return {
    name,
    image: parseImage(image),
    command: command ?? null,
    env,
    ports: ports.map(parsePort),
    mounts: mounts.map((mount) => parseMount(mount, cwd)),
    ready: ready ?? null,
    memoryMb: memoryMb ?? null,
    stopTimeoutSeconds,
    owner: config.owner ?? `${hostname()}:${process.cwd()}`,
  };
}

function assertList(where: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new ServiceConfigError(`${where} must be a list, got ${JSON.stringify(value)}.`);
}

function assertTexts(where: string, value: unknown): asserts value is readonly string[] {
  assertList(where, value);
  const other = value.find((item) => typeof item !== 'string');
  if (other !== undefined) throw new ServiceConfigError(`${where} must be texts, got ${JSON.stringify(other)}.`);
}
