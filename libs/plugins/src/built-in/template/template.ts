import { isRecord } from '../../report/json-reading.js';
import { CONTEXT_NAMES } from './context-view.js';
import type { ContextView } from './context-view.js';

const PLACEHOLDER = /\{\{\s*([\w-]+(?:\.[\w-]+)*)\s*\}\}/g;
const WHOLE_PLACEHOLDER = new RegExp(`^${PLACEHOLDER.source}$`);

/**
 * A JSON value whose texts may have places for what a run came to: `{{suite_name}}`, `{{task.payload.path}}`, `{{results.0.check}}`.
 * @throws TypeError when a place begins with a name that no view has.
 */
export function assertTemplate(template: unknown, at: string): void {
  for (const text of textsOf(template)) {
    for (const [place] of text.matchAll(PLACEHOLDER)) {
      const [name] = place.replaceAll(/[{}\s]/g, '').split('.');
      if (!CONTEXT_NAMES.some((known) => known === name)) {
        throw new TypeError(`${at} has ${place}; what can be filled in begins with ${CONTEXT_NAMES.join(', ')}`);
      }
    }
  }
}

/** A text that is a place and nothing else becomes the value itself, `null` where there is none; inside of a text it is written out. */
export function fillTemplate(template: unknown, view: ContextView): unknown {
  if (typeof template === 'string') {
    const path = WHOLE_PLACEHOLDER.exec(template)?.[1];
    return path === undefined ? fillText(template, view) : (valueAt(view, path) ?? null);
  }
  if (Array.isArray(template)) return template.map((each) => fillTemplate(each, view));
  if (!isRecord(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillTemplate(value, view)]));
}

/** Always a text; nothing where there is no value. */
export function fillText(template: string, view: ContextView): string {
  return template.replace(PLACEHOLDER, (_place, path: string) => {
    const value = valueAt(view, path);
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function valueAt(view: ContextView, path: string): unknown {
  let value: unknown = view;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function textsOf(template: unknown): string[] {
  if (typeof template === 'string') return [template];
  if (typeof template !== 'object' || template === null) return [];
  return Object.values(template).flatMap(textsOf);
}
