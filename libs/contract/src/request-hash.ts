/** Parameters of a provider read. */
export type ReadParams = Readonly<Record<string, string>>;

/** Reads a query string (what is behind the first `?`) as HTML forms write it: `+` is a space, a repeated parameter keeps its last value. */
export function readParamsOf(query: string): ReadParams {
  const params: Record<string, string> = Object.create(null) as Record<string, string>;
  // A leading `?` is taken off; one of the query's own belongs to the first name.
  for (const [name, value] of new URLSearchParams(`?${query}`)) params[name] = value;
  return params;
}

/**
 * The one text for these parameters: keys sorted by code point, no white space, everything outside of space…`~` escaped. It is what
 * `provider_request` carries as `params`, and what the hash is of.
 */
export function canonicalParams(params: ReadParams): string {
  const members = Object.keys(params).sort(byCodePoint);
  return `{${members.map((name) => `${asciiJson(name)}:${asciiJson(params[name] ?? '')}`).join(',')}}`;
}

/** SHA-256 of the canonical parameters in hex: `request_id` of a request, `request_hash` of its result. */
export async function requestHash(params: ReadParams): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalParams(params)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const TO_ESCAPE = /[^ !#-[\]-~]/g;

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/** By UTF-16 units: a character beyond U+FFFF becomes two escapes. */
function asciiJson(text: string): string {
  return `"${text.replace(TO_ESCAPE, (unit) => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

/** JavaScript compares UTF-16 units, which puts U+10000 and beyond before U+E000. */
function byCodePoint(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (one !== other) return isSurrogate(one) === isSurrogate(other) ? one - other : isSurrogate(one) ? 1 : -1;
  }
  return left.length - right.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
