import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

import { UsageError } from '../errors.js';
import type { Command, Invocation, Option, Options, Parameters, Values } from './command.js';
import { helpHint, usageLine } from './help.js';
import { COMMON_OPTIONS, SERVER_OPTIONS } from './shared-options.js';

type OptionConfig = NonNullable<ParseArgsConfig['options']>;

/** What stood before the command, and the rest. */
export interface SplitLine {
  /** `null` when there is none. */
  readonly commandName: string | null;
  /** Everything but the command. */
  readonly args: readonly string[];
}

/** Finds the command, which may stand behind options: `joblib --url http://… jobs`. */
export function splitLine(args: readonly string[]): SplitLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: configOf({ ...COMMON_OPTIONS, ...SERVER_OPTIONS }),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const first = tokens.find(({ kind }) => kind === 'positional');
  if (first?.kind !== 'positional') return { commandName: null, args };
  return { commandName: first.value, args: args.filter((_, index) => index !== first.index) };
}

/** @throws UsageError that says what is wrong and how to learn more. */
export function parseInvocation(command: Command, args: readonly string[]): Invocation<Parameters, Options> {
  const options = optionsOf(command);
  const { values, positionals } = strictly(command, args, options);
  const filled = Object.keys(options).map((name) => [name, valueOf(command, name, options[name], values[name])]);
  return { ...argumentsOf(command, positionals), options: Object.fromEntries(filled) as Values<Options> };
}

/** Everything that a command takes by name. */
export function optionsOf({ options, needsServer }: Command): Options {
  return { ...options, ...(needsServer ? SERVER_OPTIONS : {}), ...COMMON_OPTIONS };
}

function strictly(command: Command, args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options: configOf(options), allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error)) throw error;
    const [sentence = ''] = error.message.split(/\. |\n/);
    throw new UsageError(`${sentence.replace(/\.$/, '')}. ${helpHint(command)}`, { cause: error });
  }
}

function argumentsOf(command: Command, positionals: readonly string[]): Pick<Invocation<Parameters, Options>, 'args' | 'rest'> {
  const names = Object.keys(command.parameters);
  const args = names.map((name, index): [string, string] => {
    const given = positionals[index] ?? command.parameters[name]?.fallback;
    if (given === undefined) throw new UsageError(`<${name}> is missing: ${usageLine(command)}. ${helpHint(command)}`);
    if (given === '') throw new UsageError(`<${name}> is empty. ${helpHint(command)}`);
    return [name, given];
  });
  const rest = positionals.slice(names.length);
  if (rest.length > 0 && command.rest === undefined)
    throw new UsageError(`'${rest[0]}' is too much: ${usageLine(command)}. ${helpHint(command)}`);
  return { args: Object.fromEntries(args), rest };
}

function valueOf(command: Command, name: string, option: Option | undefined, value: unknown): string | boolean | undefined {
  if (option?.value === undefined) return value === true;
  if (value === '') throw new UsageError(`--${name} is empty; it has to be ${option.value}. ${helpHint(command)}`);
  return typeof value === 'string' ? value : undefined;
}

function configOf(options: Options): OptionConfig {
  const entries = Object.entries(options).map(([name, { value, short }]): [string, OptionConfig[string]] => [
    name,
    { type: value === undefined ? 'boolean' : 'string', ...(short !== undefined && { short }) },
  ]);
  return Object.fromEntries(entries);
}
