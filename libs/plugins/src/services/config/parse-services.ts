import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import { parseFullName } from '@joblib/contract';

import { assertKnownKeys, assertName } from '../check-keys.js';
import { containerSpec } from '../container/container-config.js';
import type { ContainerServiceConfig } from '../container/container-config.js';
import { commandOf } from '../process/process-config.js';
import type { ProcessServiceConfig } from '../process/process-config.js';
import { ServiceConfigError } from '../service-errors.js';
import { completePolicy } from '../supervisor/service-policy.js';
import type { ServicePolicy } from '../supervisor/service-policy.js';
import { startOrder } from '../supervisor/start-order.js';

interface CommonConfig {
  readonly name: string;
  readonly requires: readonly string[];
  /** Full names of the jobs that need it. */
  readonly jobs: readonly string[];
  readonly policy: Partial<ServicePolicy>;
}

/** One entry of `services:` in a configuration file, read and checked. */
export type ServiceConfig =
  | (CommonConfig & { readonly kind: 'process'; readonly process: ProcessServiceConfig })
  | (CommonConfig & { readonly kind: 'container'; readonly container: ContainerServiceConfig });

type Entry = Readonly<Record<string, unknown>>;

const POLICY_KEYS = {
  start_timeout_seconds: 'startTimeoutSeconds',
  stop_timeout_seconds: 'stopTimeoutSeconds',
  health_interval_seconds: 'healthIntervalSeconds',
  unhealthy_threshold: 'unhealthyThreshold',
  restart: 'restart',
  max_restarts: 'maxRestarts',
  restart_window_seconds: 'restartWindowSeconds',
  max_retries: 'maxRetries',
} as const satisfies Record<string, keyof ServicePolicy>;

const KEYS_OF = { process: ['command', 'cwd'], container: ['image', 'ports', 'mounts'] } as const;
const COMMON_KEYS = ['name', 'kind', 'env', 'ready', 'requires', 'jobs', ...Object.keys(POLICY_KEYS)];
const MAX_NAME_CHARACTERS = 255;
const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Reads the value of `services:`. @param baseFolder the file's folder: relative paths start there.
 * @returns them in start order. @throws ServiceConfigError naming the entry and the key, and what to write instead.
 */
export function parseServices(value: unknown, baseFolder: string): ServiceConfig[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ServiceConfigError('services must be a list: write "- name: …" for each of them.');
  return startOrder(value.map((entry, index) => parseEntry(entry, index, baseFolder)));
}

function parseEntry(entry: unknown, index: number, baseFolder: string): ServiceConfig {
  const name = typeof entry === 'object' && entry !== null ? (entry as Entry)['name'] : undefined;
  try {
    return parseService(entry, baseFolder);
  } catch (error) {
    if (!(error instanceof ServiceConfigError)) throw error;
    const whose = typeof name === 'string' && name.trim() !== '' ? ` (${name})` : '';
    throw new ServiceConfigError(`services[${index}]${whose}: ${error.message}`, { cause: error });
  }
}

function parseService(entry: unknown, baseFolder: string): ServiceConfig {
  assertEntry(entry);
  const kind = kindOf(entry);
  assertKnownKeys(`A service of kind ${kind}`, entry, [...COMMON_KEYS, ...KEYS_OF[kind]]);
  const { name, env, ready } = entry;
  assertServiceName(name);
  const common = { name, requires: textsOf(entry, 'requires'), jobs: jobsOf(entry), policy: policyOf(entry) };
  const program = {
    name,
    ...(env === undefined || env === null ? {} : { env: withTexts(env) as Record<string, string | null> }),
    ...(ready === undefined || ready === null ? {} : { ready: ready as NonNullable<ProcessServiceConfig['ready']> }),
  };
  if (kind === 'process') {
    const process: ProcessServiceConfig = { ...program, command: commandWords(entry['command']), cwd: folderOf(entry['cwd'], baseFolder) };
    commandOf(process);
    return { ...common, kind, process };
  }
  const container: ContainerServiceConfig = {
    ...program,
    image: (entry['image'] ?? '') as string,
    ports: (entry['ports'] ?? []) as readonly string[],
    mounts: (entry['mounts'] ?? []) as readonly string[],
    cwd: baseFolder,
    ...(common.policy.stopTimeoutSeconds === undefined ? {} : { stopTimeoutSeconds: common.policy.stopTimeoutSeconds }),
  };
  containerSpec(container);
  return { ...common, kind, container };
}

function assertEntry(entry: unknown): asserts entry is Entry {
  if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) return;
  throw new ServiceConfigError(`a service must have keys such as name and command, got ${JSON.stringify(entry)}.`);
}

/** What has an image is a container, when nothing is said. */
function kindOf(entry: Entry): 'process' | 'container' {
  const kind = entry['kind'] ?? ('image' in entry ? 'container' : 'process');
  if (kind === 'process' || kind === 'container') return kind;
  throw new ServiceConfigError(`kind must be process or container, got ${JSON.stringify(kind)}.`);
}

function assertServiceName(name: unknown): asserts name is string {
  assertName(name ?? '');
  if ([...(name as string)].length > MAX_NAME_CHARACTERS || CONTROL_CHARACTER.test(name as string)) {
    throw new ServiceConfigError(`name must have up to ${MAX_NAME_CHARACTERS} characters, and no control characters.`);
  }
}

function policyOf(entry: Entry): Partial<ServicePolicy> {
  const policy: Record<string, unknown> = {};
  for (const [key, known] of Object.entries(POLICY_KEYS)) {
    const value = entry[key];
    if (value === undefined || value === null) continue;
    try {
      completePolicy({ [known]: value });
    } catch (error) {
      throw new ServiceConfigError((error as Error).message.replace(known, key), { cause: error });
    }
    policy[known] = value;
  }
  return policy;
}

function jobsOf(entry: Entry): string[] {
  const jobs = textsOf(entry, 'jobs');
  const bad = jobs.find((job) => parseFullName(job) === null);
  if (bad === undefined) return jobs;
  throw new ServiceConfigError(`jobs has ${JSON.stringify(bad)}: write full names such as "@global:modifiers:Rotate", in quotes.`);
}

function textsOf(entry: Entry, key: string): string[] {
  const value = entry[key] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new ServiceConfigError(`${key} must be a list of names, got ${JSON.stringify(value)}.`);
}

/** YAML reads `6379` as a number, and nobody means one. */
function commandWords(command: unknown): string[] {
  const example = 'write a list, [node, worker.mjs]';
  if (typeof command === 'string' && command.trim() !== '') {
    throw new ServiceConfigError(`command must be a list: write [${command.trim().split(/\s+/).join(', ')}].`);
  }
  if (command === undefined || command === null || (Array.isArray(command) && command.length === 0) || command === '') {
    throw new ServiceConfigError(`command cannot be empty: ${example}.`);
  }
  if (!Array.isArray(command)) throw new ServiceConfigError(`command must be a list, got ${JSON.stringify(command)}: ${example}.`);
  return command.map((word: unknown) => (typeof word === 'number' ? String(word) : (word as string)));
}

function withTexts(env: unknown): unknown {
  if (typeof env !== 'object' || env === null || Array.isArray(env)) return env;
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, typeof value === 'number' ? String(value) : (value as unknown)]),
  );
}

function folderOf(cwd: unknown, baseFolder: string): string {
  if (cwd !== undefined && cwd !== null && typeof cwd !== 'string')
    throw new ServiceConfigError(`cwd must be a folder, got ${JSON.stringify(cwd)}.`);
  const folder = resolve(baseFolder, cwd ?? '.');
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new ServiceConfigError(`cwd: there is no folder ${folder}.`);
}
