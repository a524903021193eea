import { RE2JS } from 're2js';
import type { RegExpEngine, RegExpLike } from 'ajv/dist/types/index.js';

/** `linear`: matching takes time proportional to the text; otherwise it may take exponential time. */
export interface CompiledPattern extends RegExpLike {
  readonly linear: boolean;
}

/** What ECMAScript's `\s` holds, as members of an RE2 class; RE2's own `\s` is ASCII without the vertical tab. */
const WHITE_SPACE = '\\s\\x0b\\x{FEFF}\\p{Z}';
const NOT_LINE_END = '[^\\n\\r\\x{2028}\\x{2029}]';

/**
 * Reads a pattern as Unicode ECMAScript, as JSON Schema asks. What that refuses is read as RE2 (`(?i)`, `\A`: what authors with other
 * languages write), and last as ECMAScript without the `u` flag. RE2 does the matching wherever it can express the pattern.
 * @returns `null` when nothing can read it.
 */
export function compilePattern(pattern: string): CompiledPattern | null {
  const unicode = nativePattern(pattern, 'u');
  if (unicode === null) return linearPattern(pattern) ?? nativePattern(pattern, '');
  const translated = toRe2Syntax(pattern);
  return (translated === null ? null : linearPattern(translated)) ?? unicode;
}

/** The engine for ajv's `code.regExp`. ajv shares compiled patterns by their `toString()`, so each has one of its own. */
export const patternEngine: RegExpEngine = Object.assign(
  (pattern: string) => {
    const compiled = compilePattern(pattern);
    if (compiled === null) throw new Error(`invalid regular expression ${JSON.stringify(pattern.slice(0, 200))}`);
    return { test: (text: string) => compiled.test(text), toString: () => `pattern ${pattern}` };
  },
  { code: 'patternEngine' },
);

/** Upper bound of the states a matcher needs, found without compiling: `(a{50}){40}` has few characters and many states. */
export function patternCost(pattern: string): number {
  let cost = pattern.length;
  for (const [, least, most] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) cost *= Math.max(1, Number(least), Number(most ?? 0));
  return cost;
}

function linearPattern(pattern: string): CompiledPattern | null {
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return { linear: true, test: (text) => compiled.test(text) };
  } catch {
    return null; // lookaround, back-references, repeats over 1000: not in RE2's language
  }
}

function nativePattern(pattern: string, flags: 'u' | ''): CompiledPattern | null {
  try {
    const compiled = new RegExp(pattern, flags);
    return { linear: false, test: (text) => compiled.test(text) };
  } catch {
    return null;
  }
}

/** The same language where the two dialects give one spelling two meanings (`.`, `\s`, `\S`); `null` where RE2 has no words for it. */
function toRe2Syntax(pattern: string): string | null {
  let inClass = false;
  let expressible = true as boolean;
  const translated = pattern.replace(/\\[^]|[[\].]/gu, (token) => {
    if (token === '[') inClass = true;
    else if (token === ']') inClass = false;
    else if (token === '.' && !inClass) return NOT_LINE_END;
    else if (token === '\\s') return inClass ? WHITE_SPACE : `[${WHITE_SPACE}]`;
    else if (token === '\\S' && !inClass) return `[^${WHITE_SPACE}]`;
    else if (token === '\\S' || token === '\\k') expressible = false;
    return token;
  });
  return expressible ? translated : null;
}
