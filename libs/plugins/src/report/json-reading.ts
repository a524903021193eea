export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws TypeError which names the place, as do all of these. */
export function asRecord(value: unknown, at: string): JsonRecord {
  if (isRecord(value)) return value;
  throw new TypeError(`${at} must be an object`);
}

export function asList(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new TypeError(`${at} must be a list`);
}

export function asText(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${at} must be a text`);
}

export function asNullableText(value: unknown, at: string): string | null {
  return value === undefined || value === null ? null : asText(value, at);
}

export function asNumberOrNull(value: unknown, at: string): number | null {
  if (typeof value === 'number' || value === null) return value;
  throw new TypeError(`${at} must be a number or null`);
}

export function asOneOf<Word extends string>(value: unknown, words: readonly Word[], at: string): Word {
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw new TypeError(`${at} must be one of ${words.join(', ')}`);
}
