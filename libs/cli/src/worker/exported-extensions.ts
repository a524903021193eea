import type { AnyExtension } from '@joblib/client';

import { UsageError } from '../errors.js';

/** The extensions among these values. @throws UsageError when two have the same name. */
export function uniqueExtensions(values: readonly unknown[], path: string): readonly AnyExtension[] {
  const extensions = values.filter(isExtension);
  const names = extensions.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`'${path}' exports two extensions called ${twice}.`);
  return extensions;
}

/** What `defineExtension` made, or a class with `run`. */
export function isExtension(value: unknown): value is AnyExtension {
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
