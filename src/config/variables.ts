import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

/** The value without the white space around it; `null` when unset or empty. */
export function textOf(environment: Environment, name: string): string | null {
  const text = environment[name]?.trim() ?? '';
  return text === '' ? null : text;
}

/** A whole number within the bounds, both included. */
export function integerOf(environment: Environment, name: string, fallback: number, lowest: number, highest: number): number {
  const text = textOf(environment, name);
  if (text === null) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw refusal(name, text, `a whole number from ${lowest} to ${highest}`);
}

/** `on`/`off`, also as `true`/`false` or `1`/`0`. */
export function switchOf(environment: Environment, name: string, fallback: boolean): boolean {
  const text = textOf(environment, name);
  if (text === null) return fallback;
  if (/^(?:on|true|1)$/i.test(text)) return true;
  if (/^(?:off|false|0)$/i.test(text)) return false;
  throw refusal(name, text, "'on' or 'off'");
}

/** One of the listed words. */
export function choiceOf<T extends string>(environment: Environment, name: string, choices: readonly T[], fallback: T): T {
  const text = textOf(environment, name);
  if (text === null) return fallback;
  const choice = choices.find((each) => each === text.toLowerCase());
  if (choice !== undefined) return choice;
  throw refusal(name, text, `one of ${choices.join(', ')}`);
}

/** A JSON list of texts, or texts separated by commas; empty when unset. */
export function listOf(environment: Environment, name: string): readonly string[] {
  const text = textOf(environment, name);
  if (text === null) return [];
  const items = text.startsWith('[') ? parseJsonList(name, text) : text.split(',').map((item) => item.trim());
  if (items.every((item) => item !== '')) return items;
  throw refusal(name, text, 'a list without empty items');
}

/** An address that starts with `http://` or `https://`; `null` when unset. */
export function webAddressOf(environment: Environment, name: string): URL | null {
  const text = textOf(environment, name);
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw refusal(name, text, 'an http:// or https:// address');
}

/** Says which variable has which value, and what it has to be instead. */
export function refusal(name: string, value: string, expected: string): ConfigError {
  return new ConfigError(`${name} is '${value}'; it has to be ${expected}.`);
}

function parseJsonList(name: string, text: string): readonly string[] {
  const expected = 'a JSON list of texts, or texts separated by commas';
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    throw refusal(name, text, expected);
  }
  if (Array.isArray(items) && items.every((item): item is string => typeof item === 'string')) return items;
  throw refusal(name, text, expected);
}
