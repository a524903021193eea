import type { TaskStatus } from '@joblib/contract';

const CODES = { red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39], dim: [2, 22], bold: [1, 22] } as const;
export type Colour = keyof typeof CODES;

/** Puts a colour around a text, or leaves it alone where there are none. */
export type Paint = (text: string, colour: Colour) => string;

/** Colours on terminals only, unless `NO_COLOR` is set or the terminal has none. */
export function paintFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  if (!isTerminal || env['NO_COLOR'] || env['TERM'] === 'dumb') return (text) => text;
  return (text, colour) => `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`;
}

/** How a status is shown. */
export const STATUS_COLOURS: Record<TaskStatus, Colour> = {
  pending: 'dim',
  claimed: 'cyan',
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
};
