/** One line of JSON, safe on a terminal: characters that one would obey are escaped. `undefined` is `null`. */
export function jsonLine(value: unknown): string {
  return escaped(JSON.stringify(value ?? null));
}

/** JSON for people: indented, and as safe. */
export function jsonPretty(value: unknown): string {
  return escaped(JSON.stringify(value ?? null, null, 2));
}

function escaped(json: string): string {
  return json.replaceAll(/[\u007f-\u009f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
