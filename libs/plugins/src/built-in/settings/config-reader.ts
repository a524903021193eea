import { asRecord } from '../../report/json-reading.js';
import type { JsonRecord } from '../../report/json-reading.js';

/**
 * Reads an object of a configuration. `at` says where it is: `webhook.when`.
 * @throws TypeError which names the first key that is unknown, missing, or not what it has to be. No value is repeated: it may be a secret.
 */
export function readConfig<Key extends string, Settings>(
  value: unknown,
  at: string,
  keys: readonly Key[],
  read: (reader: ConfigReader<Key>) => Settings,
): Settings {
  const values = asRecord(value, at);
  const unknown = Object.keys(values).find((key) => !keys.some((known) => known === key));
  if (unknown !== undefined) throw new TypeError(`${at}.${unknown} is no known key; known are ${keys.join(', ')}`);
  return read(new ConfigReader(values, at));
}

/** The values of one object, by key. Every verb throws a TypeError which names the key; those with `Or` take a missing one. */
export class ConfigReader<Key extends string> {
  constructor(
    private readonly values: JsonRecord,
    private readonly at: string,
  ) {}

  /** Where a key is, for messages of one's own. */
  nameOf(key: Key): string {
    return `${this.at}.${key}`;
  }

  has(key: Key): boolean {
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  /** As it is; `undefined` when it is missing. */
  value(key: Key): unknown {
    return this.has(key) ? this.values[key] : undefined;
  }

  /** Not empty. */
  text(key: Key): string {
    const value = this.#required(key);
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw this.refusal(key, 'a text that is not empty');
  }

  textOr<Fallback>(key: Key, fallback: Fallback): string | Fallback {
    return this.has(key) ? this.text(key) : fallback;
  }

  /** At least one. */
  texts(key: Key): readonly string[] {
    const value = this.#required(key);
    const isTexts = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && each.trim() !== '');
    if (isTexts) return value as readonly string[];
    throw this.refusal(key, 'a list of texts that is not empty');
  }

  textsOr<Fallback>(key: Key, fallback: Fallback): readonly string[] | Fallback {
    return this.has(key) ? this.texts(key) : fallback;
  }

  /** Each one of the words. */
  choicesOr<Word extends string, Fallback>(key: Key, words: readonly Word[], fallback: Fallback): readonly Word[] | Fallback {
    if (!this.has(key)) return fallback;
    const chosen = this.texts(key);
    if (chosen.every((each): each is Word => words.some((word) => word === each))) return chosen;
    throw this.refusal(key, `a list of ${words.join(', ')}`);
  }

  choiceOr<Word extends string>(key: Key, words: readonly Word[], fallback: Word): Word {
    if (!this.has(key)) return fallback;
    const word = words.find((each) => each === this.values[key]);
    if (word !== undefined) return word;
    throw this.refusal(key, `one of ${words.join(', ')}`);
  }

  flagOr(key: Key, fallback: boolean): boolean {
    const value = this.has(key) ? this.values[key] : fallback;
    if (typeof value === 'boolean') return value;
    throw this.refusal(key, 'true or false');
  }

  /** Within the bounds, both included. */
  numberOr<Fallback>(key: Key, fallback: Fallback, lowest: number, highest: number): number | Fallback {
    if (!this.has(key)) return fallback;
    const value = this.values[key];
    if (typeof value === 'number' && value >= lowest && value <= highest) return value;
    throw this.refusal(key, `a number from ${lowest} to ${highest}`);
  }

  wholeNumberOr<Fallback>(key: Key, fallback: Fallback, lowest: number, highest: number): number | Fallback {
    const value = this.numberOr(key, fallback, lowest, highest);
    if (value === fallback || Number.isInteger(value)) return value;
    throw this.refusal(key, `a whole number from ${lowest} to ${highest}`);
  }

  /** An object whose values are texts; empty when it is missing. */
  textMap(key: Key): Readonly<Record<string, string>> {
    const values = asRecord(this.value(key) ?? {}, this.nameOf(key));
    if (Object.values(values).every((value) => typeof value === 'string')) return values as Readonly<Record<string, string>>;
    throw this.refusal(key, 'an object of texts');
  }

  section<Inner extends string, Settings>(key: Key, keys: readonly Inner[], read: (reader: ConfigReader<Inner>) => Settings): Settings {
    return readConfig(this.#required(key), this.nameOf(key), keys, read);
  }

  /** A list of objects, at least one. */
  sections<Inner extends string, Settings>(
    key: Key,
    keys: readonly Inner[],
    read: (reader: ConfigReader<Inner>) => Settings,
  ): readonly Settings[] {
    const value = this.#required(key);
    if (!Array.isArray(value) || value.length === 0) throw this.refusal(key, 'a list of objects that is not empty');
    return value.map((each: unknown, index) => readConfig(each, `${this.nameOf(key)}[${index}]`, keys, read));
  }

  refusal(key: Key, expected: string): TypeError {
    return new TypeError(`${this.nameOf(key)} must be ${expected}`);
  }

  #required(key: Key): unknown {
    if (!this.has(key)) throw new TypeError(`${this.nameOf(key)} is missing`);
    return this.values[key];
  }
}
