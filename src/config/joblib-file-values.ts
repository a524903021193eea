import { ConfigError } from './config-error.js';

type Values = Readonly<Record<string, unknown>>;

/** The values of `joblib.yaml` by key. Every verb throws a ConfigError which names the key. `null` is a key that is not there. */
export class FileValues<Key extends string> {
  readonly #values: Values;

  /** @throws ConfigError when they are no object, or have an unknown key. */
  constructor(
    private readonly file: string,
    values: unknown,
    keys: readonly Key[],
  ) {
    const object = values ?? {};
    if (!isObject(object)) throw new ConfigError(`${file} has to have keys: ${keys.join(', ')}.`);
    const unknown = Object.keys(object).find((key) => !keys.some((known) => known === key));
    if (unknown !== undefined) throw this.error(`${unknown} is no known key; known are ${keys.join(', ')}`);
    this.#values = object;
  }

  has(key: Key): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  /** As it stands in the file; `null` when there is none. */
  raw(key: Key): unknown {
    return this.#valueOr(key, null);
  }

  /** How much of each; empty when there is none. Names are those of `known`. */
  counts<Name extends string>(key: Key, known: readonly Name[]): Readonly<Partial<Record<Name, number>>> {
    const value = this.#valueOr(key, {});
    if (!isObject(value)) throw this.error(`${key} has to be an object`);
    for (const [name, count] of Object.entries(value)) {
      if (!known.some((each) => each === name)) throw this.error(`${key}.${name} is no known key; known are ${known.join(', ')}`);
      if (!Number.isSafeInteger(count) || Number(count) < 0)
        throw this.error(`${key}.${name} is ${JSON.stringify(count)}; it has to be a whole number from 0`);
    }
    return value as Readonly<Partial<Record<Name, number>>>;
  }

  /** Empty when there is none. */
  texts(key: Key): readonly string[] {
    const value = this.#valueOr(key, []);
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
    throw this.#refusal(key, value, 'a list of texts');
  }

  /** An object of objects; empty when there is none. */
  objects(key: Key): Readonly<Record<string, Values>> {
    const value = this.#valueOr(key, {});
    if (!isObject(value)) throw this.error(`${key} has to be an object`);
    // `audit:` with nothing behind it.
    const objects = Object.entries(value).map(([name, each]) => [name, each ?? {}] as const);
    const wrong = objects.find(([, each]) => !isObject(each));
    if (wrong !== undefined) throw this.error(`${key}.${wrong[0]} has to be an object`);
    return Object.fromEntries(objects) as Readonly<Record<string, Values>>;
  }

  flag(key: Key, fallback: boolean): boolean {
    const value = this.#valueOr(key, fallback);
    if (typeof value === 'boolean') return value;
    throw this.#refusal(key, value, 'true or false');
  }

  choice<Word extends string>(key: Key, words: readonly Word[], fallback: Word): Word {
    const value = this.#valueOr(key, fallback);
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw this.#refusal(key, value, `one of ${words.join(', ')}`);
  }

  /** Within the bounds, both included. */
  number(key: Key, fallback: number, lowest: number, highest: number): number {
    const value = this.#valueOr(key, fallback);
    if (typeof value === 'number' && value >= lowest && value <= highest) return value;
    throw this.#refusal(key, value, `a number from ${lowest} to ${highest}`);
  }

  error(sentence: string, options?: ErrorOptions): ConfigError {
    return new ConfigError(`${this.file}: ${sentence}.`, options);
  }

  #valueOr(key: Key, fallback: unknown): unknown {
    return this.has(key) ? this.#values[key] : fallback;
  }

  #refusal(key: Key, value: unknown, expected: string): ConfigError {
    return this.error(`${key} is ${JSON.stringify(value)}; it has to be ${expected}`);
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
