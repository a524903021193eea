import { compilePattern, patternCost } from './patterns.js';
import { allSchemas, childSchemas, isLocalPointer, isSchemaObject, resolveLocalPointer } from './subschemas.js';
import type { SchemaObject } from './subschemas.js';

/** Longer schemas are checked in a thread without being looked at. Unit: UTF-16 code units. */
export const MAX_PLAIN_TEXT_LENGTH = 8_192;
const MAX_SUBSCHEMAS = 64; // compiling one costs about a quarter of a millisecond
const MAX_COST = 1_000;
/** Steps that a check may take in the thread that serves everybody: some milliseconds. */
const MAX_STEPS = 100_000;
const MAX_QUICK_SIZE = 65_536;

/** Keywords whose cost is not simply the size of the value, or that need more of the document than a local pointer. */
const COSTLY_KEYWORDS = [
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$id',
  '$recursiveAnchor',
  '$recursiveRef',
  'unevaluatedItems',
  'unevaluatedProperties',
];

/** Keywords whose cost does not grow with what they hold. */
const FREE_KEYWORDS = new Set([
  '$comment',
  '$defs',
  '$schema',
  'const',
  'default',
  'definitions',
  'description',
  'enum',
  'examples',
  'title',
]);

/**
 * Upper bound of the steps a schema takes per unit of a payload's size; `Infinity` for one that is not plain. Plain: small, references
 * are local pointers to schemas and neither recursive nor doubled without end, patterns are short and matched in linear time.
 * Such a schema looks at each place of a payload at most once for each of its subschemas.
 */
export function schemaCost(schema: unknown): number {
  if (typeof schema === 'boolean') return 1;
  if (!isSchemaObject(schema)) return Infinity;
  let count = 0;
  for (const { schema: subschema, isReferred } of allSchemas(schema)) {
    count += 1;
    if (count > MAX_SUBSCHEMAS || isReferred || needsThread(subschema)) return Infinity;
  }
  const cost = expandedCost(schema, schema, new Map());
  return cost > MAX_COST ? Infinity : cost;
}

/** Whether a check of this payload by a schema of this cost is done quickly enough to keep nobody waiting. */
export function isQuick(costPerUnit: number, payload: unknown): boolean {
  const limit = Math.min(MAX_QUICK_SIZE, MAX_STEPS / costPerUnit);
  return sizeUpTo(payload, limit) < limit;
}

function needsThread(schema: SchemaObject): boolean {
  if (COSTLY_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))) return true;
  if (typeof schema['$ref'] === 'string' && !isLocalPointer(schema['$ref'])) return true;
  return patternsOf(schema).some((pattern) => patternCost(pattern) > MAX_COST || compilePattern(pattern)?.linear !== true);
}

/** A reference costs what it leads to, every time. */
function expandedCost(root: SchemaObject, schema: SchemaObject, known: Map<SchemaObject, number>): number {
  const found = known.get(schema);
  if (found !== undefined) return found;
  known.set(schema, Infinity); // met again below itself: recursive
  let cost = ownCost(schema);
  for (const child of childSchemas({ schema, pointer: '' })) cost += expandedCost(root, child.schema, known);
  if (typeof schema['$ref'] === 'string') {
    const target = resolveLocalPointer(root, schema['$ref']);
    if (isSchemaObject(target)) cost += expandedCost(root, target, known);
  }
  known.set(schema, cost);
  return cost;
}

/** What a schema may look at, or complain of, at one place: its keywords, the names that it lists, its patterns. */
function ownCost(schema: SchemaObject): number {
  let cost = 1;
  for (const [keyword, value] of Object.entries(schema)) {
    if (FREE_KEYWORDS.has(keyword)) continue;
    cost += typeof value === 'object' && value !== null ? Object.keys(value).length : 1;
    if (keyword === 'dependencies' || keyword === 'dependentRequired') cost += Object.values(value ?? {}).flat().length;
  }
  return patternsOf(schema).reduce((sum, pattern) => sum + patternCost(pattern), cost);
}

function patternsOf(schema: SchemaObject): readonly string[] {
  const named = isSchemaObject(schema['patternProperties']) ? Object.keys(schema['patternProperties']) : [];
  return typeof schema['pattern'] === 'string' ? [schema['pattern'], ...named] : named;
}

/** Number of values, keys and characters, counted hardly further than `limit`. */
function sizeUpTo(payload: unknown, limit: number): number {
  let size = 0;
  const waiting: unknown[] = [payload];
  while (waiting.length > 0 && size < limit) {
    const value = waiting.pop();
    size += typeof value === 'string' ? 1 + value.length : 1;
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value) && size + value.length > limit) return limit;
    for (const key in value) {
      size += key.length;
      if (size >= limit) return limit;
      waiting.push((value as SchemaObject)[key]);
    }
  }
  return size;
}
