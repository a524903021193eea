import { LosslessNumber, parse, stringify } from 'lossless-json';

type Path = readonly (string | number)[];

/** The JSON text that a value was parsed from; kept only when doubles might not hold all of its numbers. */
interface Source {
  readonly document: SourceDocument;
  /** From the document's root to this value. */
  readonly path: Path;
}

interface SourceDocument {
  readonly text: string;
  /** The text, parsed with every number kept, or `null` when doubles hold them all after all; made on first use. */
  tree?: unknown;
}

const sources = new WeakMap<object, Source>();

// A number follows one of `:,[` or white space; asking for that keeps UUIDs and hashes, full of `1e234`, from counting.
// 15 significant digits and a two-digit exponent are within what a double keeps.
const DELICATE_NUMBER = /[:,[\s]-?[\d.]{16}|[eE](?<=[:,[\s]-?[\d.]{1,15}[eE])[+-]?\d{3}|[:,[\s]-0(?!\.\d*[1-9])/;
const NUMBER = /[:,[\s](-?\d[\d.]*(?:[eE][+-]?\d+)?)/g;

/** Remembers the text of a parsed body when `JSON.stringify` of the body might not say the same. */
export function rememberSource(body: unknown, text: string): void {
  if (typeof body === 'object' && body !== null && DELICATE_NUMBER.test(text)) sources.set(body, { document: { text }, path: [] });
}

/** Makes `jsonTextOf(part, …)` answer like `jsonTextOf(whole, ...path, …)`, also for a part that is a copy. */
export function inheritSource(part: object, whole: object, path: Path): void {
  const source = sources.get(whole);
  if (source !== undefined) sources.set(part, { document: source.document, path: [...source.path, ...path] });
}

/** Whether the text of this body was kept. */
export function hasSource(body: object): boolean {
  return sources.has(body);
}

/**
 * JSON text of the part of a body (or of a DTO read from it) that `path` leads to, equal in value to what the client sent:
 * numbers of any size and precision, `\u0000`, lone surrogates and `__proto__` keys included. What is absent is `null`.
 */
export function jsonTextOf(body: object, ...path: (string | number)[]): string {
  const source = sources.get(body);
  const tree = source === undefined ? null : treeOf(source.document);
  if (source === undefined || tree === null) return JSON.stringify(partOf(body, path) ?? null);
  return stringify(partOf(tree, [...source.path, ...path])) ?? 'null';
}

function treeOf(document: SourceDocument): unknown {
  if (document.tree === undefined) document.tree = hasLossyNumber(document.text) ? parseExactly(document.text) : null;
  return document.tree;
}

/** A program's floating-point numbers have 16 or 17 digits and lose nothing: seeing that is much cheaper than the exact parser. */
function hasLossyNumber(text: string): boolean {
  NUMBER.lastIndex = 0;
  for (let match = NUMBER.exec(text); match !== null; match = NUMBER.exec(text)) {
    const literal = match[1] ?? '';
    if ((literal.length > 15 || /[eE]|^-0/.test(literal)) && !isKept(literal)) return true;
  }
  return false;
}

/** Whether a double says this number in the same words. */
function isKept(literal: string): boolean {
  return String(Number(literal)) === literal;
}

function partOf(value: unknown, path: Path): unknown {
  let part = value;
  for (const key of path) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as Record<string | number, unknown>)[key];
  }
  return part;
}

function parseExactly(text: string): unknown {
  return parse(text, undefined, {
    parseNumber: (literal) => (isKept(literal) ? Number(literal) : new LosslessNumber(literal)),
    onDuplicateKey: ({ newValue }) => newValue,
  });
}
