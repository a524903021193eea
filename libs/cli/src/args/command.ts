import type { CommandContext } from './command-context.js';

/** Something that stands in its place: `<room>`. */
export interface Parameter {
  readonly help: string;
  /** Taken when it is not given. Only the last ones may have one. */
  readonly fallback?: string;
}

/** Something that is given by its name: `--payload <json>`, or `--wait`, which is given or not. */
export interface Option {
  /** What stands after it, in the help; absent for those that are given or not. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type Options = Readonly<Record<string, Option>>;

/** What was given for the parameters. */
export type Arguments<P extends Parameters> = { readonly [Name in keyof P]: string };

/** What was given for the options. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends { readonly value: string } ? string | undefined : boolean;
};

/** What a command is run with. */
export interface Invocation<P extends Parameters, O extends Options> {
  readonly args: Arguments<P>;
  /** What followed the parameters, of commands that take any number. */
  readonly rest: readonly string[];
  readonly options: Values<O>;
}

/** One word after `joblib`: what it takes, how it explains itself, what it does. */
export interface Command<P extends Parameters = Parameters, O extends Options = Options> {
  readonly name: string;
  /** One line for the list of all commands. */
  readonly summary: string;
  /** What a newcomer has to know, in lines below 100 characters. */
  readonly explanation: string;
  readonly parameters: P;
  /** Any number of these may follow. */
  readonly rest?: { readonly name: string; readonly help: string };
  readonly options: O;
  /** Commands with what they are good for. */
  readonly examples: readonly (readonly [command: string, comment: string])[];
  /** Whether it talks to a server: then it has `--url` and `--token`. */
  readonly needsServer: boolean;
  /** Rejects with what is told in one line. Resolves to the exit code. */
  run(invocation: Invocation<P, O>, context: CommandContext): Promise<number>;
}

/** Ties a command's `run` to the parameters and options that it names. */
export function defineCommand<const P extends Parameters, const O extends Options>(command: Command<P, O>): Command {
  return command;
}
