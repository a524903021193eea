import type { StandardSchema } from './standard-schema.js';

/** What a payload has to look like: a Standard Schema (zod …), or a JSON Schema written down as a plain object. */
export type PayloadSchema = StandardSchema | Readonly<Record<string, unknown>>;

/** What `run` gets: checked, with defaults filled in. Without a schema, any object. */
export type PayloadOf<Schema> = Schema extends StandardSchema<unknown, infer Output> ? Output : Known<JsonSchemaValue<Schema, 'checked'>>;

/** What a submitter sends: what has a default may be missing. */
export type PayloadInputOf<Schema> = Schema extends StandardSchema<infer Input, unknown> ? Input : Known<JsonSchemaValue<Schema, 'sent'>>;

/** Before a payload is checked, defaults are missing; afterwards they are there. */
type Stage = 'sent' | 'checked';

/** A schema of which nothing is known at compile time still describes an object: payloads are objects. */
type Known<Value> = unknown extends Value ? Readonly<Record<string, unknown>> : Value;

/** The type that a literal JSON Schema describes, as far as its `type`, `properties`, `required`, `enum`, `const`, `items` and unions say. */
export type JsonSchemaValue<Schema, At extends Stage = 'checked'> = Schema extends { readonly const: infer Constant }
  ? Constant
  : Schema extends { readonly enum: readonly (infer Choice)[] }
    ? Choice
    : Schema extends { readonly anyOf: readonly (infer Choice)[] } | { readonly oneOf: readonly (infer Choice)[] }
      ? EachOf<Choice, At>
      : Schema extends { readonly type: infer Type }
        ? ValueOfType<Type extends readonly (infer Each)[] ? Each : Type, Schema, At>
        : unknown;

type EachOf<Schema, At extends Stage> = Schema extends unknown ? JsonSchemaValue<Schema, At> : never;

type ValueOfType<Type, Schema, At extends Stage> = Type extends 'string'
  ? string
  : Type extends 'number' | 'integer'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? readonly (Schema extends { readonly items: infer Items } ? JsonSchemaValue<Items, At> : unknown)[]
          : Type extends 'object'
            ? ObjectValue<Schema, At>
            : unknown;

type ObjectValue<Schema, At extends Stage> = Schema extends { readonly properties: infer Properties }
  ? Simplified<
      { readonly [Name in Present<Schema, Properties, At>]: JsonSchemaValue<Properties[Name], At> } & {
        readonly [Name in Exclude<keyof Properties, Present<Schema, Properties, At>>]?: JsonSchemaValue<Properties[Name], At>;
      }
    >
  : Readonly<Record<string, unknown>>;

type Present<Schema, Properties, At extends Stage> = At extends 'checked'
  ? Extract<RequiredNames<Schema> | NamesWithDefault<Properties>, keyof Properties>
  : Exclude<Extract<RequiredNames<Schema>, keyof Properties>, NamesWithDefault<Properties>>;

type RequiredNames<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never;

type NamesWithDefault<Properties> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly default: unknown } ? Name : never;
}[keyof Properties];

type Simplified<T> = { [Name in keyof T]: T[Name] };
