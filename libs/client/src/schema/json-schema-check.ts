import type { FieldError } from '@joblib/contract';

type Schema = Readonly<Record<string, unknown>>;

/** A value on its way through a schema. */
interface Visit {
  readonly root: Schema;
  /** RFC 6901, e.g. `/atoms/0/x`; the whole is empty. */
  readonly pointer: string;
  readonly errors: FieldError[];
  /** `$ref`s on the way here to the same value: one that comes again would go on for ever. */
  readonly refs: readonly string[];
}

/** A checked value, with the defaults of missing properties, and everything that is wrong with it. */
export interface CheckedValue {
  readonly value: unknown;
  readonly errors: readonly FieldError[];
}

/**
 * Checks a value against the keywords of JSON Schema that describe data: types, choices, properties, items, bounds, patterns, combinations
 * and `$ref`s within the schema. Others are ignored, as JSON Schema has it.
 */
export function checkJsonSchema(schema: Schema, value: unknown): CheckedValue {
  const errors: FieldError[] = [];
  return { value: visitValue(schema, value, { root: schema, pointer: '', errors, refs: [] }), errors };
}

function visitValue(schema: unknown, value: unknown, visit: Visit): unknown {
  if (schema === false) complain(visit, 'is not allowed');
  if (!isObject(schema)) return value;
  const types: readonly unknown[] = [schema['type'] ?? []].flat();
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    complain(visit, `must be ${types.map(String).join(' or ')}, is ${typeName(value)}`);
    return value;
  }
  checkChoices(schema, value, visit);
  if (typeof value === 'number') checkNumber(schema, value, visit);
  if (typeof value === 'string') checkString(schema, value, visit);
  let checked = value;
  if (Array.isArray(value)) checked = visitItems(schema, value, visit);
  else if (isObject(value)) checked = visitProperties(schema, value, visit);
  return combine(schema, checked, visit);
}

function checkChoices(schema: Schema, value: unknown, visit: Visit): void {
  const { const: constant, enum: choices } = schema;
  if (constant !== undefined && !isSame(constant, value)) complain(visit, `must be ${JSON.stringify(constant)}`);
  if (Array.isArray(choices) && !choices.some((choice) => isSame(choice, value))) {
    complain(visit, `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  }
}

function checkNumber(schema: Schema, value: number, visit: Visit): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === 'number' && value < minimum) complain(visit, `must be at least ${minimum}`);
  if (typeof maximum === 'number' && value > maximum) complain(visit, `must be at most ${maximum}`);
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) complain(visit, `must be more than ${exclusiveMinimum}`);
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) complain(visit, `must be less than ${exclusiveMaximum}`);
  if (typeof multipleOf === 'number' && !isMultiple(value, multipleOf)) complain(visit, `must be a multiple of ${multipleOf}`);
}

function checkString(schema: Schema, value: string, visit: Visit): void {
  const { minLength, maxLength, pattern } = schema;
  const length = [...value].length;
  if (typeof minLength === 'number' && length < minLength) complain(visit, `must have at least ${minLength} characters`);
  if (typeof maxLength === 'number' && length > maxLength) complain(visit, `must have at most ${maxLength} characters`);
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)) complain(visit, `must match ${pattern}`);
}

function visitItems(schema: Schema, value: readonly unknown[], visit: Visit): unknown[] {
  const { minItems, maxItems, uniqueItems, items, prefixItems } = schema;
  if (typeof minItems === 'number' && value.length < minItems) complain(visit, `must have at least ${minItems} items`);
  if (typeof maxItems === 'number' && value.length > maxItems) complain(visit, `must have at most ${maxItems} items`);
  if (uniqueItems === true && hasRepetition(value)) complain(visit, 'must not have the same item twice');
  const first: readonly unknown[] = Array.isArray(prefixItems) ? prefixItems : [];
  return value.map((item, index) => visitValue(index < first.length ? first[index] : items, item, below(visit, String(index))));
}

function visitProperties(schema: Schema, value: Schema, visit: Visit): Schema {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const filled = withDefaults(properties, value);
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  for (const name of required) {
    if (typeof name === 'string' && !Object.hasOwn(filled, name)) complain(below(visit, name), 'is required');
  }
  const checked = Object.entries(filled).map(([name, item]): [string, unknown] => {
    const schemas = schemasOfProperty(schema, properties, name);
    return [name, schemas.reduce<unknown>((soFar, each) => visitValue(each, soFar, below(visit, name)), item)];
  });
  return Object.fromEntries(checked);
}

/** Its own, and those of the patterns that its name matches; `additionalProperties` only without any. */
function schemasOfProperty({ patternProperties, additionalProperties }: Schema, properties: Schema, name: string): readonly unknown[] {
  const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : [];
  const matching = patterns.filter(([pattern]) => new RegExp(pattern, 'u').test(name)).map(([, schema]) => schema);
  const schemas = Object.hasOwn(properties, name) ? [properties[name], ...matching] : matching;
  return schemas.length > 0 ? schemas : [additionalProperties];
}

function withDefaults(properties: Schema, value: Schema): Schema {
  const missing = Object.entries(properties).filter(
    ([name, schema]) => !Object.hasOwn(value, name) && isObject(schema) && schema['default'] !== undefined,
  );
  if (missing.length === 0) return value;
  const defaults = missing.map(([name, schema]): [string, unknown] => [name, structuredClone((schema as Schema)['default'])]);
  return Object.fromEntries([...Object.entries(value), ...defaults]);
}

function combine(schema: Schema, value: unknown, visit: Visit): unknown {
  let combined = value;
  if (typeof schema['$ref'] === 'string') combined = visitReference(schema['$ref'], combined, visit);
  for (const each of listOf(schema['allOf'])) combined = visitValue(each, combined, visit);
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const choices = listOf(schema[keyword]);
    if (choices.length === 0) continue;
    const fitting = choices.map((choice) => attempt(choice, combined, visit)).filter(({ errors }) => errors.length === 0);
    if (fitting.length === 0) complain(visit, `fits none of its ${choices.length} forms`);
    else if (keyword === 'oneOf' && fitting.length > 1) complain(visit, 'fits more than one of its forms');
    else combined = fitting[0]?.value;
  }
  if (schema['not'] !== undefined && attempt(schema['not'], combined, visit).errors.length === 0)
    complain(visit, 'has a form that is refused');
  return combined;
}

function attempt(schema: unknown, value: unknown, visit: Visit): CheckedValue {
  const errors: FieldError[] = [];
  return { value: visitValue(schema, value, { ...visit, errors }), errors };
}

/** `#/$defs/Atom` and the like; what is elsewhere is not looked at. */
function visitReference(reference: string, value: unknown, visit: Visit): unknown {
  if (!reference.startsWith('#') || visit.refs.includes(reference)) return value;
  const path = decodeURIComponent(reference.slice(1)).split('/').slice(1);
  let target: unknown = visit.root;
  for (const step of path) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    target = isObject(target) && Object.hasOwn(target, name) ? target[name] : Array.isArray(target) ? target[Number(name)] : undefined;
  }
  return visitValue(target, value, { ...visit, refs: [...visit.refs, reference] });
}

function complain({ errors, pointer }: Visit, detail: string): void {
  errors.push({ pointer, detail });
}

function below(visit: Visit, name: string): Visit {
  return { ...visit, pointer: `${visit.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, refs: [] };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function hasType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeName(value) === type;
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.max(1, Math.abs(quotient));
}

function hasRepetition(items: readonly unknown[]): boolean {
  return new Set(items.map(canonical)).size < items.length;
}

function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** Equal JSON has equal text: keys sorted. */
function canonical(value: unknown): string {
  return String(JSON.stringify(value, (_, each: unknown) => (isObject(each) ? sorted(each) : each)));
}

function sorted(value: Schema): Schema {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
