import { _ } from 'ajv';
import type { KeywordDefinition } from 'ajv';

/** One text per JSON value: the same for two values exactly when JSON Schema calls them equal. */
function equalityKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(equalityKey).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${equalityKey((value as Record<string, unknown>)[key])}`).join(',')}}`;
  }
  return typeof value === 'number' ? String(value + 0) : JSON.stringify(value);
}

/**
 * `const`, `enum` and `uniqueItems` in time proportional to the value. ajv's own compare pairs of items, and fail on data that
 * has members such as `constructor` and `valueOf`.
 */
export const EQUALITY_KEYWORDS: readonly KeywordDefinition[] = [
  {
    keyword: 'const',
    compile: (expected: unknown) => {
      const key = equalityKey(expected);
      return (value: unknown) => equalityKey(value) === key;
    },
    error: { message: 'must be equal to constant', params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}` },
  },
  {
    keyword: 'enum',
    schemaType: 'array',
    compile: (allowed: readonly unknown[]) => {
      const keys = new Set(allowed.map(equalityKey));
      return (value: unknown) => keys.has(equalityKey(value));
    },
    error: { message: 'must be equal to one of the allowed values', params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}` },
  },
  {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    compile: (unique: boolean) => (items: readonly unknown[]) => !unique || new Set(items.map(equalityKey)).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  },
];
