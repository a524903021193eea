import type { ProviderClass, ProviderDefinition } from '@joblib/client';
import { INTERNAL_ROOM, formatFullName } from '@joblib/contract';

import { roomId } from '../args/values.js';
import { UsageError } from '../errors.js';
import { isExtension } from './exported-extensions.js';

/** A provider, and all that it is registered with. */
export type ProviderToServe = ProviderDefinition & { readonly room: string };

/**
 * The providers among these values: what `defineProvider` made, and classes whose `read` asks for no handler, under their own name.
 * @param room of those that name none.
 * @throws UsageError for a class whose handler nobody gives, a room that will not do, two of the same full name.
 */
export function uniqueProviders(values: readonly unknown[], path: string, room: string): readonly ProviderToServe[] {
  const definitions = values.filter(isProviderDefinition);
  const defined = new Set(definitions.map(({ provider }) => provider));
  const alone = values.filter(isProviderClass).filter((provider) => !defined.has(provider));
  const providers = [...definitions, ...alone.map((provider) => definitionOf(provider, path))].map((each) => inRoom(each, room));
  const names = providers.map(({ provider: { category }, name, room: roomOf }) => formatFullName({ roomId: roomOf, category, name }));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`'${path}' exports two providers called ${twice}.`);
  return providers;
}

/** A class with `static category` and `read`. One that also has `run` is an extension. */
export function isProviderClass(value: unknown): value is ProviderClass {
  if (typeof value !== 'function' || isExtension(value) || !('category' in value)) return false;
  return typeof value.category === 'string' && readOf(value) !== null;
}

/** What `defineProvider` made, or an object like it. */
export function isProviderDefinition(value: unknown): value is ProviderDefinition {
  if (typeof value !== 'object' || value === null || !('provider' in value && 'name' in value)) return false;
  return isProviderClass(value.provider) && typeof value.name === 'string';
}

function definitionOf(provider: ProviderClass, path: string): ProviderDefinition {
  if (readOf(provider)?.length === 0) return { provider, name: provider.name, handler: undefined };
  throw new UsageError(
    `read() of '${provider.name}' in '${path}' asks for a handler: export defineProvider({ provider: ${provider.name}, name: …, handler: … }) in its place.`,
  );
}

function inRoom(definition: ProviderDefinition, otherwise: string): ProviderToServe {
  const room = roomId(definition.room ?? otherwise);
  if (room === INTERNAL_ROOM) throw new UsageError(`The servers answer reads of ${INTERNAL_ROOM} themselves; no worker is asked.`);
  return { ...definition, room };
}

function readOf({ prototype }: { readonly prototype: unknown }): ((...args: never[]) => unknown) | null {
  const { read } = (prototype ?? {}) as { readonly read?: unknown };
  return typeof read === 'function' ? (read as (...args: never[]) => unknown) : null;
}
