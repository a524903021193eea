import type { InjectionToken, Provider } from '@nestjs/common';

import * as ports from './ports/index.js';

const NAMED_TOKENS = (Object.entries(ports) as [string, unknown][]).filter(
  (entry): entry is [string, symbol] => typeof entry[1] === 'symbol',
);

/** Everything that a host may override. */
export const JOBLIB_TOKENS: readonly symbol[] = NAMED_TOKENS.map(([, token]) => token);

/**
 * A provider that nothing asks for would be ignored without a word; a typing error would leave a host with the default.
 * Classes and a host's own symbols are taken as helpers of the other overrides.
 * @throws Error naming what is no token, and those that are.
 */
export function assertOverrides(overrides: readonly Provider[]): void {
  for (const override of overrides) {
    const token: InjectionToken | undefined = typeof override === 'function' ? override : override.provide;
    if (typeof token === 'function' || (typeof token === 'symbol' && isTokenOrForeign(token))) continue;
    throw new Error(
      `JoblibModule has no token ${nameOf(token)}, which \`overrides\` has a provider for. ` +
        `Its tokens are ${NAMED_TOKENS.map(([name]) => name).join(', ')}, exported by @joblib/nestjs.`,
    );
  }
}

function isTokenOrForeign(token: symbol): boolean {
  return JOBLIB_TOKENS.includes(token) || token.description?.startsWith('joblib/') !== true;
}

function nameOf(token: unknown): string {
  return typeof token === 'string' ? `'${token}'` : String(token);
}
