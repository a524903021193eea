import type { AnyExtension } from '@joblib/client';

import { UsageError } from '../errors.js';

/**
 * The extensions among the exports of a module: what `defineExtension` made, classes with `run`, and lists of these. An extension that is
 * exported twice is one.
 * @throws UsageError when there are none, or two of the same name.
 */
export function exportedExtensions(module: Readonly<Record<string, unknown>>, path: string): readonly AnyExtension[] {
  // What a CommonJS module exports is the default export of the module that importing it gives.
  const exported = [...Object.values(module), ...membersOf(module['default'])].flatMap((value) =>
    Array.isArray(value) ? membersOf(value) : [value],
  );
  const extensions = [...new Set(exported.filter(isExtension))];
  if (extensions.length === 0)
    throw new UsageError(
      `'${path}' exports no extension: something that defineExtension made, or a class with run(). See 'joblib run-worker --help'.`,
    );
  const names = extensions.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`'${path}' exports two extensions called ${twice}.`);
  return extensions;
}

function membersOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null && !isExtension(value) ? Object.values(value) : [];
}

function isExtension(value: unknown): value is AnyExtension {
  if (typeof value === 'function') return hasRun(value.prototype);
  return hasRun(value) && typeof (value as { readonly name?: unknown }).name === 'string';
}

function hasRun(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'function';
}

/** "category:name", as far as it says. */
function nameOf({ category = '', name }: AnyExtension): string {
  return category === '' ? name : `${category}:${name}`;
}
