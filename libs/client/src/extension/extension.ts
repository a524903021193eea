import type { JsonSchema, TaskView } from '@joblib/contract';

import type { PayloadInputOf, PayloadOf, PayloadSchema } from '../schema/json-schema-types.js';
import type { RunContext } from './run-context.js';

/** Where an extension belongs that does not say. */
export const DEFAULT_CATEGORY = 'modifiers';

/** What `defineExtension` is given. */
export interface ExtensionDefinition<Schema extends PayloadSchema, Result, Context> {
  /** `modifiers` when absent. */
  readonly category?: string;
  readonly name: string;
  /** Checks payloads and is what the job is registered with. Without it any object will do. */
  readonly schema?: Schema;
  /** Registered instead of `schema`, for schemas of libraries that cannot write themselves down as JSON Schema. */
  readonly jsonSchema?: JsonSchema;
  /** The task's work. What it resolves to is the task's `result`; what it throws fails the task with its message. */
  run(run: RunContext<PayloadOf<Schema>, Context>): Result | Promise<Result>;
}

/** A job's code: how payloads look, and what is done with one. */
export interface Extension<Schema extends PayloadSchema = PayloadSchema, Result = unknown, Context = unknown> {
  readonly category: string;
  readonly name: string;
  readonly schema?: Schema;
  readonly jsonSchema?: JsonSchema;
  run(run: RunContext<PayloadOf<Schema>, Context>): Result | Promise<Result>;
}

/**
 * The other way to write an extension: a class. Its name is the job's; an instance has the payload's fields, and its `run` is given a
 * `RunContext`.
 */
export interface ExtensionClass {
  /** Given the payload, which it may ignore: the fields are put onto the instance afterwards. */
  new (...payload: never[]): { run(...args: never[]): unknown };
  readonly name: string;
  /** `modifiers` when absent. */
  readonly category?: string;
  readonly schema?: PayloadSchema;
  readonly jsonSchema?: JsonSchema;
}

/** What can be registered. */
export type AnyExtension = ExtensionClass | NamedRun;

/** An extension whose types are not known. */
export interface NamedRun {
  readonly category: string;
  readonly name: string;
  readonly schema?: PayloadSchema;
  readonly jsonSchema?: JsonSchema;
  run(...args: never[]): unknown;
}

/** Types the payload from the schema and the result from `run`. */
export function defineExtension<const Schema extends PayloadSchema = Readonly<Record<string, unknown>>, Result = unknown>(
  definition: ExtensionDefinition<Schema, Result, unknown>,
): Extension<Schema, Result> {
  return { category: DEFAULT_CATEGORY, ...definition };
}

/** `defineExtension` for runs that need a `context` of this type: `extensionWithContext<Model>()({ … })`. */
export function extensionWithContext<Context>() {
  return <const Schema extends PayloadSchema = Readonly<Record<string, unknown>>, Result = unknown>(
    definition: ExtensionDefinition<Schema, Result, Context>,
  ): Extension<Schema, Result, Context> => ({ category: DEFAULT_CATEGORY, ...definition });
}

/** What has to be submitted for this extension. */
export type InputOf<E extends AnyExtension> = E extends { readonly schema?: infer Schema }
  ? PayloadInputOf<Exclude<Schema, undefined>>
  : Readonly<Record<string, unknown>>;

/** What this extension's `run` resolves to. */
export type ResultOf<E extends AnyExtension> = E extends new (...payload: never[]) => { run(...args: never[]): infer Result }
  ? Awaited<Result>
  : E extends { run(...args: never[]): infer Result }
    ? Awaited<Result>
    : unknown;

/** The `context` this extension has to be registered with; `unknown` when it needs none. */
export type ContextOf<E extends AnyExtension> = E extends new (...payload: never[]) => { run(run: infer Run, ...rest: never[]): unknown }
  ? ContextIn<Run>
  : E extends { run(run: infer Run, ...rest: never[]): unknown }
    ? ContextIn<Run>
    : unknown;

/** An extension of unknown type runs with `never`: whoever passes one on knows its context. */
type ContextIn<Run> = [Run] extends [never] ? unknown : Run extends { readonly context: infer Context } ? Context : unknown;

/** A task's id that remembers the type of its result; any string is one. */
export type TaskId<Result = unknown> = string & { readonly [RESULT]?: Result };

declare const RESULT: unique symbol;

/** A task whose result, once it is there, has this type. */
export interface TypedTask<Result> extends Omit<TaskView, 'id' | 'result'> {
  readonly id: TaskId<Result>;
  /** `null` until the task is completed. */
  readonly result: Result | null;
}
