import { MissingRefError } from 'ajv';
import type { FieldError } from '@joblib/contract';
import { clip, compileSchema, defectsOf } from './compiled-schema.js';
import { KNOWN_DIALECTS, findDialect, metaschemaOf } from './dialects.js';
import { compilePattern } from './patterns.js';
import { allSchemas, escapePointer, isLocalPointer, isSchemaObject, resolveLocalPointer } from './subschemas.js';
import type { FoundSchema } from './subschemas.js';

const MAX_DEFECTS = 20;

/**
 * What makes this no JSON Schema that can be used: pointers are relative to it; none when it is fine. Against the metaschema of its
 * dialect, its patterns, its local references.
 */
export function findSchemaDefects(schema: unknown): readonly FieldError[] {
  const dialect = findDialect(schema);
  if (dialect === null) {
    return [
      { pointer: '/$schema', detail: `names a dialect that is not known here; known are ${KNOWN_DIALECTS}, the last without $schema` },
    ];
  }
  const validate = metaschemaOf(dialect);
  if (!validate(schema)) return defectsOf(validate);
  const found = [...allSchemas(schema)];
  return found.flatMap((subschema) => [...patternDefects(subschema), ...referenceDefects(schema, subschema, found)]).slice(0, MAX_DEFECTS);
}

/** The same for a text, and compiled to the end: finds what only compilation shows, and takes as long as that takes. */
export function findDefectsByCompiling(schemaText: string): readonly FieldError[] {
  const schema: unknown = JSON.parse(schemaText);
  const defects = findSchemaDefects(schema);
  if (defects.length > 0) return defects;
  try {
    compileSchema(schemaText);
    return [];
  } catch (error) {
    return [compilationDefect(schema, error)];
  }
}

function patternDefects({ schema, pointer }: FoundSchema): readonly FieldError[] {
  const defects: FieldError[] = [];
  const { pattern, patternProperties } = schema;
  if (typeof pattern === 'string' && compilePattern(pattern) === null) defects.push(invalidPattern(`${pointer}/pattern`, pattern));
  for (const name of isSchemaObject(patternProperties) ? Object.keys(patternProperties) : []) {
    if (compilePattern(name) === null) defects.push(invalidPattern(`${pointer}/patternProperties/${escapePointer(clip(name))}`, name));
  }
  return defects;
}

function invalidPattern(pointer: string, pattern: string): FieldError {
  return { pointer, detail: `is no regular expression: ${clip(JSON.stringify(pattern))}` };
}

/** Below an embedded `$id` a local pointer starts there; those are left to compilation. */
function referenceDefects(root: unknown, { schema, pointer }: FoundSchema, found: readonly FoundSchema[]): readonly FieldError[] {
  const ref = schema['$ref'];
  if (typeof ref !== 'string' || !isLocalPointer(ref)) return [];
  const target = resolveLocalPointer(root, ref);
  if (isSchemaObject(target) || typeof target === 'boolean') return [];
  if (found.some((other) => other.schema !== root && typeof other.schema['$id'] === 'string')) return [];
  return [{ pointer: `${pointer}/$ref`, detail: `leads to no schema: ${clip(ref)}` }];
}

function compilationDefect(schema: unknown, error: unknown): FieldError {
  if (!(error instanceof Error) || error instanceof RangeError) return { pointer: '', detail: 'is nested too deeply to check' };
  if (!(error instanceof MissingRefError)) return { pointer: '', detail: clip(error.message) };
  const origin = [...allSchemas(schema)].find(({ schema: { $ref } }) => typeof $ref === 'string' && error.missingRef.endsWith($ref));
  return {
    pointer: origin === undefined ? '' : `${origin.pointer}/$ref`,
    detail: `refers to what this schema does not hold: ${clip(error.missingRef)}; other documents are never fetched`,
  };
}
