import type { Options } from './command.js';

/** Of every command. */
export const COMMON_OPTIONS = {
  json: { help: 'JSON for scripts, one value a line' },
  help: { short: 'h', help: 'this page' },
} as const satisfies Options;

/** Of every command that talks to a server. */
export const SERVER_OPTIONS = {
  url: { value: '<address>', help: 'of the server; else JOBLIB_URL, else the settings file, else http://127.0.0.1:8000' },
  token: { value: '<token>', help: 'as whom; else JOBLIB_TOKEN, else the settings file' },
} as const satisfies Options;
