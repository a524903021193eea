import type { Command, Option, Options } from './command.js';
import { COMMON_OPTIONS, SERVER_OPTIONS } from './shared-options.js';

/** `joblib submit <room> <job> [options]` */
export function usageLine({ name, parameters, rest }: Command): string {
  const places = Object.entries(parameters).map(([place, { fallback }]) => (fallback === undefined ? `<${place}>` : `[${place}]`));
  return ['joblib', name, ...places, ...(rest === undefined ? [] : [`[${rest.name} …]`]), '[options]'].join(' ');
}

/** Where to learn more about a command. */
export function helpHint({ name }: Command): string {
  return `See 'joblib ${name} --help'.`;
}

/** The page of one command. */
export function commandHelp(command: Command): string {
  const { parameters, rest, options, needsServer, explanation, examples } = command;
  const places = Object.entries(parameters).map(([place, { help, fallback }]): [string, string] => [
    place,
    fallback === undefined ? help : `${help} (${fallback})`,
  ]);
  if (rest !== undefined) places.push([rest.name, rest.help]);
  const named = { ...options, ...COMMON_OPTIONS };
  return page([
    `Usage: ${usageLine(command)}`,
    explanation,
    section('Arguments', places),
    section('Options', optionRows(named)),
    needsServer ? section('Server', optionRows(SERVER_OPTIONS)) : '',
    section('Examples', examples),
  ]);
}

/** The page of all commands. */
export function overviewHelp(commands: readonly Command[]): string {
  return page([
    'Usage: joblib <command> [arguments] [options]',
    [
      'A joblib server from a terminal. Workers serve jobs; people in a room submit tasks for them and see',
      'what becomes of them. A job is called <room>:<category>:<name>, as in @global:modifiers:Rotate;',
      'those of the room @global serve every room.',
    ].join('\n'),
    section(
      'Commands',
      commands.map(({ name, summary }): [string, string] => [name, summary]),
    ),
    section('Options', [...optionRows(SERVER_OPTIONS), ...optionRows(COMMON_OPTIONS), ['--version', 'of this program']]),
    section('A first time, beside a running service', [
      ['export JOBLIB_TOKEN=$(joblib token --sub ada)', 'in the folder of the service'],
      ['joblib run-worker worker.ts --room lab', 'serve the jobs of a file'],
      ['joblib jobs lab', 'see them'],
      ['joblib submit lab lab:modifiers:Scale --payload \'{"n": 21}\' --wait', 'have one done'],
    ]),
    'Ends with 0 when it is done, 1 when the task failed or was cancelled or the server refused, 2 when it was used in a wrong way.',
    "'joblib <command> --help' has more on each.",
  ]);
}

function page(paragraphs: readonly string[]): string {
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map(([left]) => left.length));
  // A long command has its comment below it: side by side they would not fit.
  const lines = rows.map(([left, right]) => (width > 40 ? `  ${left}\n      ${right}` : `  ${left.padEnd(width)}  ${right}`));
  return [`${title}:`, ...lines].join('\n');
}

function optionRows(options: Options): [string, string][] {
  return Object.entries(options).map(([name, option]) => [optionUsage(name, option), option.help]);
}

function optionUsage(name: string, { short, value }: Option): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}
