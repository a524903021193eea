import { createRequire } from 'node:module';

import { JobManager } from '@joblib/client';
import type { ClientLogger } from '@joblib/client';

import type { CommandContext } from './args/command-context.js';
import type { Command } from './args/command.js';
import { commandHelp, overviewHelp } from './args/help.js';
import { nearest } from './args/nearest.js';
import { parseInvocation, splitLine } from './args/parse.js';
import { COMMANDS } from './commands.js';
import { findServerSettings } from './connection/settings.js';
import { EXIT, UsageError, errorLine, exitCodeOf } from './errors.js';
import { Interrupted } from './interrupts.js';
import { plainText } from './screen/plain-text.js';

/** The world of the program: its way in, its ways out, its clock. */
export type World = Omit<CommandContext, 'json' | 'connect'>;

/**
 * Runs one command line, without `node` and the program. Whatever goes wrong is told in one line.
 * @returns the exit code. @throws Interrupted when a signal ended it.
 */
export async function runCommandLine(args: readonly string[], world: World): Promise<number> {
  try {
    return await dispatch(args, world);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    await world.err.line(`${world.err.paint('joblib:', 'red')} ${errorLine(error)}`);
    return exitCodeOf(error);
  }
}

async function dispatch(args: readonly string[], world: World): Promise<number> {
  const { commandName, args: rest } = splitLine(args);
  if (commandName === null) return withoutCommand(rest, world);
  if (commandName === 'help') return help(rest, world);
  const command = commandCalled(commandName);
  if (asksForHelp(rest)) return show(commandHelp(command), world);
  const invocation = parseInvocation(command, rest);
  return command.run(invocation, contextOf(invocation.options, world));
}

async function withoutCommand(args: readonly string[], world: World): Promise<number> {
  if (asksForHelp(args)) return show(overviewHelp(COMMANDS), world);
  if (args.includes('--version')) return show(version(), world);
  await world.err.line(overviewHelp(COMMANDS));
  return EXIT.wrongUse;
}

function help([name]: readonly string[], world: World): Promise<number> {
  return show(name === undefined ? overviewHelp(COMMANDS) : commandHelp(commandCalled(name)), world);
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).some((arg) => arg === '--help' || arg === '-h');
}

async function show(text: string, { out }: World): Promise<number> {
  await out.line(text);
  return EXIT.done;
}

function commandCalled(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  throw new UsageError(`'${name}' is no command.${near === null ? '' : ` Is it '${near}'?`} 'joblib --help' lists them.`);
}

function contextOf(options: Readonly<Record<string, string | boolean | undefined>>, world: World): CommandContext {
  const { err, env } = world;
  const warn = (sentence: string): Promise<void> => err.line(plainText(`joblib: ${sentence}`));
  const logger: ClientLogger = { info: () => undefined, warn: (message) => void warn(message), error: (message) => void warn(message) };
  return {
    ...world,
    json: options['json'] === true,
    connect: async (connecting) => {
      const settings = await findServerSettings({ url: textOf(options['url']), token: textOf(options['token']) }, env, warn);
      return new JobManager({ logger, socket: false, maxStartupRetries: 1, ...settings, ...connecting });
    },
  };
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function version(): string {
  return (createRequire(import.meta.url)('../package.json') as { readonly version: string }).version;
}
