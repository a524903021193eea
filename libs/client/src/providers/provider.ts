import type { PayloadOf, PayloadSchema } from '../schema/json-schema-types.js';

/**
 * What answers reads of one kind. An instance is made for each read and has its parameters as fields; `read` is given the handler that was
 * registered, and the parameters again. What it resolves to is the answer: JSON, or bytes for any other `contentType`; what it throws is
 * the reader's error.
 */
export interface ProviderClass {
  new (...params: never[]): { read(...args: never[]): unknown };
  readonly category: string;
  /** Of the parameters. They arrive as strings; numbers and booleans that it asks for are converted. */
  readonly schema?: PayloadSchema;
  /** `application/json` when absent. */
  readonly contentType?: string;
}

/** Type of `params` in a provider's `read`: `read(handler: Files, params: ParamsOf<typeof FileProvider.schema>)`. */
export type ParamsOf<Schema extends PayloadSchema> = PayloadOf<Schema>;

/** The handler that this provider's `read` wants; `unknown` for a provider of unknown type: whoever passes one on knows its handler. */
export type HandlerOf<P extends ProviderClass> = P extends new (...params: never[]) => {
  read(handler: infer Handler, ...rest: never[]): unknown;
}
  ? [Handler] extends [never]
    ? unknown
    : Handler
  : unknown;

/** A provider together with what it is registered with: what `joblib run-worker` serves when a module exports it. */
export interface ProviderDefinition<P extends ProviderClass = ProviderClass> {
  readonly provider: P;
  /** Of this provider among those of its category, e.g. "local". */
  readonly name: string;
  /** Given to every `read`. */
  readonly handler: HandlerOf<P>;
  /** The room of the worker's jobs when absent. */
  readonly room?: string;
}

/** Types the handler from the provider's `read`. */
export function defineProvider<P extends ProviderClass>(definition: ProviderDefinition<P>): ProviderDefinition<P> {
  return definition;
}
