import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOCS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs');

/** A stretch of a page: a heading and what follows up to the next one of the same or a higher level. */
export interface Section {
  readonly heading: string;
  readonly text: string;
}

/** A page of `docs/`. */
export function readPage(name: string): string {
  return readFileSync(join(DOCS, name), 'utf8');
}

/** Sections whose heading has this many `#`. Lines of fenced code are no headings. */
export function sectionsOf(markdown: string, level: number): Section[] {
  const sections: { heading: string; lines: string[] }[] = [];
  let isOpen = false;
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const depth = isCode ? 0 : (/^(#+) /.exec(line)?.[1]?.length ?? 0);
    if (depth > 0 && depth <= level) isOpen = depth === level;
    if (depth === level) sections.push({ heading: line.slice(level + 1).trim(), lines: [] });
    else if (isOpen) sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ heading, lines }) => ({ heading, text: lines.join('\n') }));
}

/** The one section of this name. */
export function sectionOf(markdown: string, level: number, heading: string): string {
  const found = sectionsOf(markdown, level).filter((section) => section.heading === heading);
  if (found.length !== 1) throw new Error(`${found.length} sections are called '${heading}'.`);
  return found[0]?.text ?? '';
}

/** Rows of all tables whose first cell is code, cells without white space and backticks around them. */
export function codeRowsOf(markdown: string): string[][] {
  const rows = markdown.split('\n').filter((line) => /^\| *`/.test(line));
  return rows.map((line) =>
    line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
  );
}

/** Texts between backticks, in order. */
export function codesIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

/** Names in a text between braces, first level only: `{id, last: {x}}` → id, last. */
export function fieldsIn(braces: string): string[] {
  return [...braces.replace(/^\{|\}$/g, '').matchAll(/([a-z_]+)/g)].map((match) => match[1] ?? '');
}
