const MAX_CHARACTERS = 2000;

/** What a plugin threw, as a text that every database takes: no longer than some sentences, whatever it is. */
export function failureText(error: unknown): string {
  const text = textOf(error).replaceAll('\0', '\uFFFD');
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)} …`;
}

function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'The plugin threw something that cannot be written down.';
  }
}
