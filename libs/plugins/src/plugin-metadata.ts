/** What a plugin says of itself. */
export interface PluginMetadataFields {
  /** Unique among the plugins of a manager; not blank, and without control characters. */
  readonly name: string;
  readonly version: string;
  readonly author: string;
  readonly description: string;
  readonly capabilities?: Iterable<string>;
}

const TEXTS = ['name', 'version', 'author', 'description'] as const;

/** Recognises metadata of another installed copy of this package: a plugin may bring its own. */
const BRAND = Symbol.for('joblib/PluginMetadata');

/** Immutable; known by its `name`. */
export class PluginMetadata {
  readonly name: string;
  readonly version: string;
  readonly author: string;
  readonly description: string;
  /** In the order given, without repeats. Changing it is an error of types and throws. */
  readonly capabilities: ReadonlySet<string>;
  readonly [BRAND] = true;

  /** @throws TypeError when a field is no string, the name is blank or has control characters, or the capabilities are not strings. */
  constructor(fields: PluginMetadataFields) {
    for (const field of TEXTS) {
      if (typeof fields[field] !== 'string') throw new TypeError(`PluginMetadata needs a string as its ${field}.`);
    }
    if (fields.name.trim() === '') throw new TypeError('PluginMetadata needs a name that is not empty.');
    // It is a key in the database and part of addresses, and what PostgreSQL cannot store would stop all announcements.
    if (/\p{Cc}/u.test(fields.name)) throw new TypeError('PluginMetadata needs a name without control characters.');
    this.name = fields.name;
    this.version = fields.version;
    this.author = fields.author;
    this.description = fields.description;
    this.capabilities = new FrozenSet(capabilitiesOf(fields.capabilities));
    Object.freeze(this);
  }

  /** Also of another copy of this package. */
  static isMetadata(value: unknown): value is PluginMetadata {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }
}

function capabilitiesOf(capabilities: unknown): string[] {
  if (capabilities === undefined) return [];
  const isIterable = typeof capabilities === 'object' && capabilities !== null && Symbol.iterator in capabilities;
  const all: unknown[] = isIterable ? [...(capabilities as Iterable<unknown>)] : [capabilities];
  if (!isIterable || !all.every((capability) => typeof capability === 'string')) {
    throw new TypeError('PluginMetadata needs capabilities that are strings in an array or a set.');
  }
  return all;
}

/** `Object.freeze` does not freeze what is in a set: its verbs have to refuse. */
class FrozenSet extends Set<string> {
  constructor(values: readonly string[]) {
    super();
    for (const value of values) super.add(value);
  }

  override add(): never {
    return refuseChange();
  }

  override delete(): never {
    return refuseChange();
  }

  override clear(): never {
    return refuseChange();
  }
}

function refuseChange(): never {
  throw new TypeError('PluginMetadata cannot be changed.');
}
