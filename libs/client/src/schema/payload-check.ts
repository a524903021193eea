import { ProblemError } from '@joblib/contract';
import type { FieldError, JsonSchema } from '@joblib/contract';

import { checkJsonSchema } from './json-schema-check.js';
import type { PayloadSchema } from './json-schema-types.js';
import { isStandardSchema } from './standard-schema.js';
import type { StandardIssue, StandardSchema } from './standard-schema.js';

/** Schemas of libraries that can write themselves down as JSON Schema, in the two ways there are. */
interface WritableSchema extends StandardSchema {
  readonly '~standard': StandardSchema['~standard'] & {
    readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => unknown };
  };
  readonly toJSONSchema?: (options: { readonly io: 'input' }) => unknown;
}

/**
 * The JSON Schema to register: of what is sent, not of what defaults and conversions make of it.
 * @throws TypeError when the schema cannot write itself down; then it has to be given.
 */
export function jsonSchemaOf(schema: PayloadSchema | undefined, given?: JsonSchema): JsonSchema {
  if (given !== undefined) return given;
  if (schema === undefined) return {};
  if (!isStandardSchema(schema)) return schema;
  const writable = schema as WritableSchema;
  const written = writable['~standard'].jsonSchema?.input?.({ target: 'draft-2020-12' }) ?? writable.toJSONSchema?.({ io: 'input' });
  if (typeof written !== 'object' || written === null) {
    throw new TypeError('This schema cannot write itself down as JSON Schema: give one as `jsonSchema` beside it.');
  }
  return written as JsonSchema;
}

/**
 * Checks a payload and fills in defaults.
 * @throws ProblemError `PayloadInvalid`; its message names every field that is wrong.
 */
export async function checkPayload(schema: PayloadSchema | undefined, payload: unknown): Promise<unknown> {
  if (schema === undefined) return payload;
  if (!isStandardSchema(schema)) {
    const { value, errors } = checkJsonSchema(schema, payload);
    return accept(value, errors);
  }
  const result = await schema['~standard'].validate(payload);
  return result.issues === undefined ? result.value : accept(undefined, result.issues.map(fieldError));
}

function accept(value: unknown, errors: readonly FieldError[]): unknown {
  if (errors.length === 0) return value;
  const sentences = errors.map(({ pointer, detail }) => `${fieldName(pointer)}: ${detail}`);
  throw new ProblemError('PayloadInvalid', `The payload breaks the schema: ${sentences.join('; ')}`, { errors });
}

function fieldError({ message, path = [] }: StandardIssue): FieldError {
  const steps = path.map((step) => String(typeof step === 'object' ? step.key : step));
  return { pointer: steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), detail: message };
}

/** `/atoms/0/x` as people write it: atoms.0.x */
function fieldName(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  return steps.length === 0 ? 'payload' : steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
}
