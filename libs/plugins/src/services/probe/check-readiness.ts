import { assertKnownKeys, assertPort } from '../check-keys.js';
import { ServiceConfigError } from '../service-errors.js';
import type { Readiness } from './readiness.js';

/** @throws ServiceConfigError saying what there is to choose from. */
export function assertReadiness(where: string, value: unknown): asserts value is Readiness {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length !== 1) throw new ServiceConfigError(`${where} must have one key, port, http or log, got ${JSON.stringify(value)}.`);
  assertKnownKeys(where, value as object, ['port', 'http', 'log']);
  const { port, http, log } = value as { port?: unknown; http?: unknown; log?: unknown };
  if (port !== undefined) assertPort(`${where}.port`, port);
  else if (http !== undefined) assertHttpAddress(`${where}.http`, http);
  else if (typeof log !== 'string' || log === '') {
    throw new ServiceConfigError(`${where}.log must be a text that a line of the output contains, got ${JSON.stringify(log)}.`);
  }
}

function assertHttpAddress(where: string, value: unknown): void {
  if (typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return;
  throw new ServiceConfigError(`${where} must be an address such as http://127.0.0.1:9000/health, got ${JSON.stringify(value)}.`);
}
