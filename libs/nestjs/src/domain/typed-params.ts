import type { ReadParams } from '@joblib/contract';

type Schema = Readonly<Record<string, unknown>>;

/**
 * Read parameters as a schema expects them. In a query everything is text; where the schema of a parameter allows no text, its value
 * is read as JSON (`5`, `true`, `[1,2]`). What cannot be read that way stays text, for the check to refuse.
 */
export function typedParams(params: ReadParams, schema: Schema): Readonly<Record<string, unknown>> {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(
    Object.entries(params).map(([name, text]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const types = new Set<string>();
      collectTypes(property, schema, types, MAX_STEPS);
      return [name, types.size === 0 || types.has('string') ? text : jsonOr(text)];
    }),
  );
}

/** References and alternatives inside each other that are followed. */
const MAX_STEPS = 8;

function collectTypes(schema: unknown, root: Schema, types: Set<string>, steps: number): void {
  if (!isObject(schema) || steps === 0) return;
  for (const type of [schema['type']].flat()) if (typeof type === 'string') types.add(type);
  const constants = [
    ...('const' in schema ? [schema['const']] : []),
    ...(Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : []),
  ];
  for (const constant of constants) types.add(typeof constant);
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const parts = schema[keyword];
    if (Array.isArray(parts)) for (const part of parts as unknown[]) collectTypes(part, root, types, steps - 1);
  }
  if (typeof schema['$ref'] === 'string') collectTypes(resolve(schema['$ref'], root), root, types, steps - 1);
}

/** Only pointers into the same document. */
function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith('#/')) return undefined;
  const path = reference.slice(2).split('/');
  return path.reduce<unknown>((node, part) => {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }, root);
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
