import type { JsonSchema } from '@joblib/contract';

import type { JsonText } from '../domain/task.js';
import { jsonTextOf } from './json-text.js';

/** A registration's JSON Schema, by either of its names. */
interface WithSchema {
  readonly schema?: JsonSchema | null;
  /** What the Python package `zndraw-joblib` calls it, up to 0.1.7 at least; `schema` wins. */
  readonly schema_?: JsonSchema | null;
}

/** The schema of what is registered, with its text as it was sent; without one everything goes. */
export function registeredSchema(body: WithSchema): { schema: JsonSchema; schemaText: JsonText } {
  const field = body.schema ? 'schema' : 'schema_';
  const schema = body[field];
  return schema ? { schema, schemaText: jsonTextOf(body, field) } : { schema: {}, schemaText: '{}' };
}
