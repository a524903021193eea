import type { JoblibSettings } from './ports/index.js';

/** Reads the text of a variable. @throws Error whose message says what is wanted. */
type Reader<T> = (text: string) => T;

/** One setting: where it comes from and what it is when nothing says otherwise. */
export interface Setting<Key extends keyof JoblibSettings = keyof JoblibSettings> {
  readonly key: Key;
  /** Name of the environment variable. */
  readonly env: string;
  readonly default: JoblibSettings[Key];
  readonly read: Reader<JoblibSettings[Key]>;
}

const PREFIX = 'ZNDRAW_JOBLIB_';

function setting<Key extends keyof JoblibSettings>(
  key: Key,
  fallback: JoblibSettings[Key],
  read: Reader<JoblibSettings[Key]>,
): Setting<Key> {
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return { key, env: PREFIX + name, default: fallback, read };
}

/** Every setting there is. `docs/configuration.md` has the same entries; a test compares the two. */
export const SETTINGS = [
  setting('allowedCategories', ['modifiers', 'selections', 'analysis'], readList),
  setting('workerTimeoutSeconds', 60, readNumber({ above: 0 })),
  setting('workerDisconnectGraceSeconds', 5, readNumber({ from: 0 })),
  setting('sweeperIntervalSeconds', 30, readNumber({ above: 0 })),
  setting('longPollMaxWaitSeconds', 120, readNumber({ from: 0 })),
  setting('internalTaskTimeoutSeconds', 3600, readNumber({ above: 0 })),
  setting('payloadValidation', false, readSwitch),
  setting('requireConnectedWorker', false, readSwitch),
  setting('allowCrossRoomSubmit', false, readSwitch),
  setting('claimStartTimeoutSeconds', 0, readNumber({ from: 0 })),
  setting('taskRetentionSeconds', 0, readNumber({ from: 0 })),
  setting('deliveryRetentionSeconds', 604_800, readNumber({ from: 0 })),
  setting('deliveryMaxAttempts', 10, readWholeNumber),
  setting('deliveryBackoffMaxSeconds', 300, readNumber({ above: 0 })),
  setting('maxBodyBytes', 1024 * 1024, readWholeNumber),
  setting('allowedProviderCategories', null, readList),
  setting('providerResultTtlSeconds', 300, readNumber({ above: 0 })),
  setting('providerInflightTtlSeconds', 30, readNumber({ above: 0 })),
  setting('providerLongPollDefaultSeconds', 0, readNumber({ from: 0 })),
  setting('providerLongPollMaxSeconds', 30, readNumber({ from: 0 })),
  setting('providerResultMaxBytes', 64 * 1024 * 1024, readWholeNumber),
] as const;

/**
 * Settings from environment variables named `ZNDRAW_JOBLIB_<NAME>`; an empty variable counts as unset.
 * @throws Error naming the variable, its value and what is wanted.
 */
export function settingsFromEnv(env: Readonly<Record<string, string | undefined>>): JoblibSettings {
  return Object.fromEntries(SETTINGS.map((one) => [one.key, valueOf(one as Setting, env)])) as unknown as JoblibSettings;
}

function valueOf({ env: name, default: fallback, read }: Setting, env: Readonly<Record<string, string | undefined>>): unknown {
  const text = env[name]?.trim() ?? '';
  if (text === '') return fallback;
  try {
    return read(text);
  } catch (error) {
    throw new Error(`${name}='${text}': ${(error as Error).message}`, { cause: error });
  }
}

// Node's timers wait no longer than this.
const MAX_SECONDS = 2_147_483;

function readNumber({ from = 0, above }: { from?: number; above?: number }): Reader<number> {
  return (text) => {
    const value = Number(text);
    const isInRange = above === undefined ? value >= from : value > above;
    if (Number.isFinite(value) && isInRange && value <= MAX_SECONDS) return value;
    throw new Error(`wants a number of seconds ${above === undefined ? `from ${from}` : `above ${above}`} to ${MAX_SECONDS}`);
  };
}

function readWholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error('wants a whole number above 0');
}

function readSwitch(text: string): boolean {
  const word = text.toLowerCase();
  if (['on', 'true', '1', 'yes'].includes(word)) return true;
  if (['off', 'false', '0', 'no'].includes(word)) return false;
  throw new Error('wants on or off');
}

/** A JSON list of strings, or strings separated by commas. */
function readList(text: string): readonly string[] {
  const items: unknown = text.startsWith('[') ? parseList(text) : text.split(',').map((item) => item.trim());
  if (Array.isArray(items) && items.length > 0 && items.every((item) => typeof item === 'string' && item !== '')) return items as string[];
  throw new Error('wants a JSON list of strings, or strings separated by commas');
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
