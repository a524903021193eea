import { resolve } from 'node:path';

import { defineCommand } from '../args/command.js';
import { EXIT, UsageError } from '../errors.js';
import { jsonLine } from '../screen/json-text.js';
import { findSigning } from '../signing/service-secret.js';
import { signToken } from '../signing/sign-token.js';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `joblib token` */
export const TOKEN = defineCommand({
  name: 'token',
  summary: 'make a token, beside a service',
  explanation: [
    'Signs a token with the secret of a service, for whoever may read that secret: the one in ZNDRAW_JOBLIB_JWT_SECRET, in the',
    "environment or in the .env file of the service's folder, else the one that the service made and keeps beside its database.",
    'No server is asked. To keep a token for later, so that no command needs it again:',
    '',
    '  mkdir -p ~/.config/joblib && umask 077',
    '  echo "JOBLIB_TOKEN=$(joblib token --sub ada --expires-in 30d)" > ~/.config/joblib/env',
  ].join('\n'),
  parameters: {},
  options: {
    sub: { value: '<user>', help: 'whom it is for: the user id that others see' },
    superuser: { help: 'may register in @global and cancel for others' },
    'expires-in': { value: '<time>', help: 'like 90s, 30m, 12h or 7d (12h)' },
    folder: { value: '<folder>', help: 'from which the service is started (the present one)' },
  },
  examples: [
    ['joblib token --sub ada', 'for twelve hours'],
    ['export JOBLIB_TOKEN=$(joblib token --sub ada --superuser --folder /srv/joblib)', 'for this shell'],
  ],
  needsServer: false,
  run: async ({ options }, { env, folder, clock, out, json }) => {
    if (options.sub === undefined) throw new UsageError("--sub is missing: whom is the token for? See 'joblib token --help'.");
    const request = {
      sub: options.sub,
      isSuperuser: options.superuser,
      issuedAtSeconds: Math.floor(clock() / 1000),
      lifetimeSeconds: durationSeconds(options['expires-in'] ?? '12h'),
    };
    const token = signToken(request, await findSigning(resolve(folder, options.folder ?? '.'), env));
    await out.line(json ? jsonLine({ token }) : token);
    return EXIT.done;
  },
});

function durationSeconds(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError(`--expires-in is '${text}'; it has to be like 90s, 30m, 12h or 7d.`);
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}
