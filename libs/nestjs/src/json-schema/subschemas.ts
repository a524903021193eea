export type SchemaObject = Record<string, unknown>;

/** A schema found inside another; `pointer` is its RFC 6901 pointer from the root. */
export interface Subschema {
  readonly schema: SchemaObject;
  readonly pointer: string;
}

/** Every keyword of draft-07, 2019-09 and 2020-12 below which there are schemas; a schema of its own, a list of them, or both (`items`). */
const SCHEMA_KEYWORDS = [
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];

/** Keywords whose value names schemas; `dependencies` has lists of names among them. */
const SCHEMA_MAP_KEYWORDS = ['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties'];

export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The schemas directly below one; boolean schemas have nothing to look at and are left out. */
export function* childSchemas({ schema, pointer }: Subschema): Generator<Subschema> {
  for (const keyword of SCHEMA_KEYWORDS) {
    if (!Object.hasOwn(schema, keyword)) continue;
    const value = schema[keyword];
    if (isSchemaObject(value)) yield { schema: value, pointer: `${pointer}/${keyword}` };
    else if (Array.isArray(value)) yield* members(value, `${pointer}/${keyword}`);
  }
  for (const keyword of SCHEMA_MAP_KEYWORDS) {
    const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
    if (isSchemaObject(value)) yield* members(value, `${pointer}/${keyword}`);
  }
}

/** `isReferred`: only a reference leads there, so the metaschema says nothing about it. */
export interface FoundSchema extends Subschema {
  readonly isReferred: boolean;
}

/** The schema at `root` and all below it, then those which local references find in other places. Without recursion, at any depth. */
export function* allSchemas(root: unknown): Generator<FoundSchema> {
  if (!isSchemaObject(root)) return;
  const seen = new Set<SchemaObject>();
  const waiting: Subschema[] = [{ schema: root, pointer: '' }];
  const referred: Subschema[] = [];
  let isReferred = false;
  for (;;) {
    isReferred ||= waiting.length === 0;
    const next = waiting.pop() ?? referred.pop();
    if (next === undefined) return;
    if (seen.has(next.schema)) continue;
    seen.add(next.schema);
    yield { ...next, isReferred };
    waiting.push(...childSchemas(next));
    const ref = next.schema['$ref'];
    const target = typeof ref === 'string' && isLocalPointer(ref) ? resolveLocalPointer(root, ref) : undefined;
    if (isSchemaObject(target) && !seen.has(target)) referred.push({ schema: target, pointer: String(ref).slice(1) });
  }
}

/** `#` and `#/…`; neither anchors nor other documents. */
export function isLocalPointer(ref: string): boolean {
  return ref === '#' || ref.startsWith('#/');
}

/** The value a local pointer leads to by own properties; `undefined` when there is none. */
export function resolveLocalPointer(root: unknown, ref: string): unknown {
  let value: unknown = root;
  for (const part of ref.split('/').slice(1)) {
    const name = decodeSegment(part);
    if (typeof value !== 'object' || value === null || name === undefined || !Object.hasOwn(value, name)) return undefined;
    value = (value as SchemaObject)[name];
  }
  return value;
}

function decodeSegment(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined; // broken percent-encoding names nothing
  }
}

function* members(values: object, pointer: string): Generator<Subschema> {
  for (const [name, schema] of Object.entries(values)) {
    if (isSchemaObject(schema)) yield { schema, pointer: `${pointer}/${escapePointer(name)}` };
  }
}
