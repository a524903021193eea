import type { ReferenceObject, SchemaObject } from './types.js';

/**
 * Schema of an interface of the contract. The compiler refuses it when a field is missing or unknown,
 * so that the document cannot fall behind the types. Every field is required but those in `optional`.
 */
export function objectSchema<T extends object>(
  description: string,
  properties: { [Field in keyof Required<T>]: SchemaObject },
  optional: readonly (keyof T & string)[] = [],
): SchemaObject {
  const required = Object.keys(properties).filter((field) => !(optional as readonly string[]).includes(field));
  return { type: 'object', description, properties, required };
}

/** Answer of a list: a slice, newest first, with the exact number of all. */
export function pageSchema(description: string, itemSchemaName: string): SchemaObject {
  return {
    type: 'object',
    description,
    properties: {
      items: { type: 'array', items: schemaRef(itemSchemaName) },
      total: { type: 'integer', minimum: 0, description: 'Exact number of all items.' },
      limit: { type: 'integer' },
      offset: { type: 'integer' },
    },
    required: ['items', 'total', 'limit', 'offset'],
  };
}

export function schemaRef(name: string): ReferenceObject {
  return { $ref: `#/components/schemas/${name}` };
}

export function parameterRef(name: string): ReferenceObject {
  return { $ref: `#/components/parameters/${name}` };
}

export function headerRef(name: string): ReferenceObject {
  return { $ref: `#/components/headers/${name}` };
}

/** The same schema, `null` allowed. */
export function nullable(schema: SchemaObject & { type: string }): SchemaObject {
  return { ...schema, type: [schema.type, 'null'] };
}

export const uuid: SchemaObject & { type: string } = { type: 'string', format: 'uuid' };
export const time: SchemaObject & { type: string } = { type: 'string', format: 'date-time', description: 'ISO 8601, UTC.' };
export const fullName: SchemaObject & { type: string } = { type: 'string', description: '`<room_id>:<category>:<name>`' };
