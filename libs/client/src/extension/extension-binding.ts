import { categoryDefect, nameDefect } from '@joblib/contract';
import type { JsonSchema } from '@joblib/contract';

import { checkPayload, jsonSchemaOf } from '../schema/payload-check.js';
import { DEFAULT_CATEGORY } from './extension.js';
import type { AnyExtension, ExtensionClass } from './extension.js';
import { fieldsOnto } from './fields-onto.js';
import type { RunContext } from './run-context.js';

/**
 * An extension with a payload: of a class an instance that has the payload's fields, otherwise an object with `payload`. `run()` is given
 * the task's `RunContext`; a class that is called with arguments gets those instead, a definition's `run({ … })` what they override.
 */
export interface ParsedExtension {
  run(...args: unknown[]): unknown;
  readonly [field: string]: unknown;
}

/** An extension as the worker uses it, whichever way it was written. */
export interface ExtensionBinding {
  readonly category: string;
  readonly name: string;
  /** To register. */
  readonly jsonSchema: JsonSchema;
  /** @throws ProblemError `PayloadInvalid` */
  check(payload: unknown): Promise<unknown>;
  parse(run: RunContext): ParsedExtension;
}

type Run = (...args: unknown[]) => unknown;

/** @throws TypeError when it cannot be a job: its name, category or schema will not do. */
export function bindExtension(extension: AnyExtension): ExtensionBinding {
  const { category = DEFAULT_CATEGORY, name, schema, jsonSchema } = extension;
  const defect = nameDefect(name) ?? categoryDefect(category);
  if (defect !== null) throw new TypeError(`The extension '${category}:${name}' cannot be registered: its category or name ${defect}.`);
  return {
    category,
    name,
    jsonSchema: jsonSchemaOf(schema, jsonSchema),
    check: (payload) => checkPayload(schema, payload),
    parse: typeof extension === 'function' ? (run) => parseClass(extension, run) : (run) => parseDefinition(extension, run),
  };
}

function parseClass(extension: ExtensionClass, context: RunContext): ParsedExtension {
  const instance = new (extension as new (payload: unknown) => object)(context.payload);
  const run = Reflect.get(instance, 'run') as Run; // before the fields: it may be a field itself
  fieldsOnto(instance, context.payload);
  const value: Run = (...args) => run.apply(instance, args.length === 0 ? [context] : args);
  return Object.defineProperty(instance, 'run', { value, enumerable: false }) as ParsedExtension;
}

function parseDefinition(extension: object, context: RunContext): ParsedExtension {
  const { run } = extension as { run: Run };
  return {
    payload: context.payload,
    run: (overrides) => run.call(extension, { ...context, ...(overrides as Partial<RunContext> | undefined) }),
  };
}
