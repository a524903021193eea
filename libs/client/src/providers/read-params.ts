import { ProblemError } from '@joblib/contract';

import { checkPayload } from '../schema/payload-check.js';
import type { PayloadSchema } from '../schema/json-schema-types.js';
import { isStandardSchema } from '../schema/standard-schema.js';

type Params = Readonly<Record<string, unknown>>;

/**
 * Parameters of a read, from the canonical JSON of the request: strings, converted where a JSON Schema wants a number or a boolean, then
 * checked.
 * @throws ProblemError `PayloadInvalid`
 */
export async function readParams(schema: PayloadSchema | undefined, canonicalJson: string): Promise<unknown> {
  const params = JSON.parse(canonicalJson) as Params;
  try {
    return await checkPayload(schema, schema === undefined || isStandardSchema(schema) ? params : converted(schema, params));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const detail = error.message.replace('The payload breaks the schema', 'The parameters break the schema');
    throw new ProblemError('PayloadInvalid', detail, { errors: error.errors ?? [] });
  }
}

function converted(schema: Params, params: Params): Params {
  const { properties = {} } = schema as { properties?: Params };
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' && Object.hasOwn(properties, name) ? convert(properties[name], value) : value,
    ]),
  );
}

function convert(schema: unknown, text: string): unknown {
  const { type } = (schema ?? {}) as { type?: unknown };
  if ((type === 'number' || type === 'integer') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (type === 'boolean' && text in BOOLEANS) return BOOLEANS[text];
  return text;
}

const BOOLEANS: Readonly<Record<string, boolean>> = { __proto__: null as never, true: true, false: false, '1': true, '0': false };
