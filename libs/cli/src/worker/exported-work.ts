import type { AnyExtension } from '@joblib/client';

import { UsageError } from '../errors.js';
import { isExtension, uniqueExtensions } from './exported-extensions.js';
import { isProviderClass, isProviderDefinition, uniqueProviders } from './exported-providers.js';
import type { ProviderToServe } from './exported-providers.js';

/** What a module has to be served. */
export interface ExportedWork {
  readonly extensions: readonly AnyExtension[];
  readonly providers: readonly ProviderToServe[];
}

/**
 * The extensions and providers among the exports of a module, lists included. What is exported twice is one.
 * @param room of the providers that name none.
 * @throws UsageError when there is nothing to serve, two of the same name, or a provider that cannot be served as it is.
 */
export function exportedWork(module: Readonly<Record<string, unknown>>, path: string, room: string): ExportedWork {
  // What a CommonJS module exports is the default export of the module that importing it gives.
  const exported = [...Object.values(module), ...membersOf(module['default'])].flatMap((value) =>
    Array.isArray(value) ? membersOf(value) : [value],
  );
  const values = [...new Set(exported)];
  const extensions = uniqueExtensions(values, path);
  const providers = uniqueProviders(values, path, room);
  if (extensions.length + providers.length > 0) return { extensions, providers };
  throw new UsageError(
    `'${path}' exports no extension and no provider: what defineExtension or defineProvider made, or a class with run(). See 'joblib run-worker --help'.`,
  );
}

function membersOf(value: unknown): readonly unknown[] {
  const isOne = isExtension(value) || isProviderClass(value) || isProviderDefinition(value);
  return typeof value === 'object' && value !== null && !isOne ? Object.values(value) : [];
}
