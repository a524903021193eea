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

/** The handler that this provider's `read` wants. */
export type HandlerOf<P extends ProviderClass> = P extends new (...params: never[]) => {
  read(handler: infer Handler, ...rest: never[]): unknown;
}
  ? Handler
  : unknown;
