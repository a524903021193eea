import { sentenceOf } from '../logger.js';
import { PluginMetadata } from '../plugin-metadata.js';
import { PluginRegistrationError } from '../plugin-registration-error.js';
import type { Accepts, AnyPostProcessor } from '../post-processor.js';

/** A plugin that was found to be one, and what it says of itself. */
export interface InspectedPlugin {
  readonly plugin: AnyPostProcessor;
  readonly metadata: PluginMetadata;
  readonly accepts: Accepts;
}

interface Candidate {
  readonly metadata?: unknown;
  readonly process?: unknown;
  readonly accepts?: unknown;
}

/** @throws PluginRegistrationError when it is no plugin, or its metadata are none. */
export function inspect(candidate: unknown): InspectedPlugin {
  const type = typeName(candidate);
  const { itself, itsClass } = sidesOf(candidate);
  const owner = [itself, itsClass].find((side) => typeof side.metadata === 'function');
  if (owner === undefined || typeof itself.process !== 'function') {
    throw new PluginRegistrationError(
      `Plugin ${type} doesn't implement PostProcessor protocol. Ensure your plugin has both metadata() and process() methods.`,
    );
  }
  return { plugin: itself as AnyPostProcessor, metadata: metadataOf(owner, type), accepts: acceptsOf(itself, itsClass, type) };
}

/** What a refusal calls it: the class of an object, else its kind. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'function') return value.name || 'function';
  if (typeof value !== 'object') return typeof value;
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object';
}

const NOTHING: Candidate = {};

function sidesOf(candidate: unknown): { itself: Candidate; itsClass: Candidate } {
  if ((typeof candidate !== 'object' && typeof candidate !== 'function') || candidate === null) {
    return { itself: NOTHING, itsClass: NOTHING };
  }
  const { constructor } = candidate as { constructor?: unknown };
  return { itself: candidate, itsClass: typeof constructor === 'function' ? (constructor as Candidate) : NOTHING };
}

function metadataOf(owner: Candidate, type: string): PluginMetadata {
  let metadata: unknown;
  try {
    metadata = (owner as { metadata(): unknown }).metadata();
  } catch (error) {
    throw new PluginRegistrationError(`Failed to get metadata from plugin ${type}: ${sentenceOf(error)}`, { cause: error });
  }
  if (PluginMetadata.isMetadata(metadata)) return metadata;
  throw new PluginRegistrationError(`Plugin ${type}'s metadata() must return a PluginMetadata instance, got ${typeName(metadata)}`);
}

function acceptsOf(itself: Candidate, itsClass: Candidate, type: string): Accepts {
  const accepts = itself.accepts ?? itsClass.accepts ?? 'reports';
  if (accepts === 'reports' || accepts === 'tasks') return accepts;
  throw new PluginRegistrationError(`Plugin ${type} accepts something unknown: let \`accepts\` be 'reports' or 'tasks'.`);
}
