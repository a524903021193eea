import type { AnySchema, ErrorObject, ValidateFunction } from 'ajv';
import type { FieldError } from '@joblib/contract';
import { findDialect, newEngine } from './dialects.js';
import { allSchemas, isSchemaObject } from './subschemas.js';
import type { SchemaObject } from './subschemas.js';

const MAX_DEFECTS = 20;
const MAX_WORDS_LENGTH = 200;
const MAX_POINTER_LENGTH = 1_000;

/** A schema as a function: the defects of a value, with pointers relative to it; none when it is valid. */
export type CompiledSchema = (value: unknown) => readonly FieldError[];

/** @throws Error of ajv's, or a RangeError for one that is nested too deeply, when the schema cannot be compiled. */
export function compileSchema(schemaText: string): CompiledSchema {
  const schema: unknown = JSON.parse(schemaText);
  const dialect = findDialect(schema);
  if (dialect === null) throw new Error('unknown $schema');
  for (const { schema: subschema } of allSchemas(schema)) rewriteForAjv(subschema);
  const validate = newEngine(dialect).compile(schema as AnySchema);
  return (value) => (validate(value) ? [] : defectsOf(validate));
}

/** What a failed validation found, at most 20. */
export function defectsOf(validate: ValidateFunction): readonly FieldError[] {
  return (validate.errors ?? []).slice(0, MAX_DEFECTS).map((error) => ({
    pointer: clipPointer(error.instancePath),
    detail: clip(describe(error)),
  }));
}

export function clip(words: string): string {
  return words.length <= MAX_WORDS_LENGTH ? words : `${words.slice(0, MAX_WORDS_LENGTH)}…`;
}

/** A pointer so long that it would make an answer large is cut between two segments. */
function clipPointer(pointer: string): string {
  if (pointer.length <= MAX_POINTER_LENGTH) return pointer;
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/', MAX_POINTER_LENGTH)));
}

function describe({ message = 'is invalid', params }: ErrorObject): string {
  const known = params as { additionalProperty?: string; unevaluatedProperty?: string; allowedValues?: unknown[]; allowedValue?: unknown };
  const property = known.additionalProperty ?? known.unevaluatedProperty;
  if (property !== undefined) return `${message} '${property}'`;
  if (known.allowedValues !== undefined)
    return `${message}: ${known.allowedValues
      .slice(0, 20)
      .map((value) => JSON.stringify(value))
      .join(', ')}`;
  if ('allowedValue' in known) return `${message} ${JSON.stringify(known.allowedValue)}`;
  return message;
}

/** ajv gives some words a meaning that JSON Schema does not know, and skips the name `__proto__` in some maps. */
function rewriteForAjv(schema: SchemaObject): void {
  delete schema['$async'];
  delete schema['nullable'];
  const patterns = schema['patternProperties'];
  if (hasProto(patterns)) schema['patternProperties'] = withPattern(patterns, '(?:__proto__)', patterns['__proto__']);
  const properties = schema['properties'];
  if (hasProto(properties)) schema['patternProperties'] = withPattern(schema['patternProperties'], '^__proto__$', properties['__proto__']);
  for (const keyword of ['dependencies', 'dependentRequired', 'dependentSchemas']) {
    const dependencies = schema[keyword];
    if (hasProto(dependencies)) schema['allOf'] = [...listOf(schema['allOf']), whenProtoIsThere(dependencies['__proto__'])];
  }
}

function hasProto(value: unknown): value is SchemaObject {
  return isSchemaObject(value) && Object.hasOwn(value, '__proto__');
}

function withPattern(patterns: unknown, pattern: string, schema: unknown): SchemaObject {
  const others = isSchemaObject(patterns) ? patterns : {};
  return { ...others, [pattern]: Object.hasOwn(others, pattern) ? { allOf: [others[pattern], schema] } : schema };
}

function whenProtoIsThere(demanded: unknown): SchemaObject {
  return { if: { type: 'object', required: ['__proto__'] }, then: Array.isArray(demanded) ? { required: demanded } : demanded };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
