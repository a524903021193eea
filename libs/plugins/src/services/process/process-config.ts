import { assertEnvironment, assertKnownKeys, assertName } from '../check-keys.js';
import { assertReadiness } from '../probe/check-readiness.js';
import type { Readiness } from '../probe/readiness.js';
import { ServiceConfigError } from '../service-errors.js';

/** A program to run. */
export interface ProcessServiceConfig {
  readonly name: string;
  /** The program, found on the PATH or relative to `cwd`; or the program and its arguments. */
  readonly command: string | readonly string[];
  /** After those in `command`. */
  readonly args?: readonly string[];
  /** `null` stands for what the own environment has. Of the rest of it only what programs cannot do without is handed on. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** The own working folder when absent. */
  readonly cwd?: string;
  /** Ready as soon as it is started when absent. */
  readonly ready?: Readiness;
}

const KEYS: readonly (keyof ProcessServiceConfig)[] = ['name', 'command', 'args', 'env', 'cwd', 'ready'];

/** Program first. @throws ServiceConfigError naming the key. */
export function commandOf(config: ProcessServiceConfig): readonly [string, ...string[]] {
  assertKnownKeys('A process service', config, KEYS);
  assertName(config.name);
  const { name, args = [], env = {}, cwd, ready } = config;
  const command: unknown = config.command;
  const words: readonly unknown[] = [...(Array.isArray(command) ? (command as readonly unknown[]) : [command]), ...args];
  const [program] = words;
  if (typeof program !== 'string' || program.trim() === '') {
    throw new ServiceConfigError(`Command of service ${name} cannot be empty: write a program and its arguments, [node, worker.mjs].`);
  }
  if (!words.every((word) => typeof word === 'string' && !word.includes('\0'))) {
    throw new ServiceConfigError(`Command of service ${name} must consist of texts: put numbers in quotes.`);
  }
  assertEnvironment(`env of service ${name}`, env);
  if (cwd !== undefined && (typeof cwd !== 'string' || cwd === ''))
    throw new ServiceConfigError(`cwd of service ${name} must be a folder.`);
  if (ready !== undefined) assertReadiness(`ready of service ${name}`, ready);
  return words as [string, ...string[]];
}
