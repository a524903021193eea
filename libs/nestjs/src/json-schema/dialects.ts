import { Ajv } from 'ajv';
import type { AnySchemaObject, Options, ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EQUALITY_KEYWORDS } from './json-equality.js';
import { patternEngine } from './patterns.js';

type Engine = Ajv | Ajv2019 | Ajv2020;

/** One version of JSON Schema. */
export interface Dialect {
  /** Address of its metaschema, without a fragment. */
  readonly uri: string;
  newEngine(options: Options): Engine;
}

const DRAFT_2020_12: Dialect = { uri: 'https://json-schema.org/draft/2020-12/schema', newEngine: (options) => new Ajv2020(options) };

const DIALECTS: readonly Dialect[] = [
  { uri: 'http://json-schema.org/draft-07/schema', newEngine: (options) => new Ajv(options) },
  { uri: 'https://json-schema.org/draft/2019-09/schema', newEngine: (options) => new Ajv2019(options) },
  DRAFT_2020_12,
];

const OPTIONS: Options = {
  strict: false, // unknown keywords are ignored
  validateFormats: false,
  validateSchema: false, // done by `metaschemaOf`, once per dialect
  allErrors: true,
  inlineRefs: false, // each schema is compiled once, however often it is referred to
  ownProperties: true, // payloads may have members such as `__proto__` and `toString`, and may lack them
  multipleOfPrecision: 9, // 0.3 is a multiple of 0.1
  logger: false,
  code: { regExp: patternEngine },
};

export const KNOWN_DIALECTS = DIALECTS.map(({ uri }) => uri).join(', ');

/** The dialect that `$schema` names: 2020-12 without one, `null` for an unknown one. An empty fragment and http for https are forgiven. */
export function findDialect(schema: unknown): Dialect | null {
  if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, '$schema')) return DRAFT_2020_12;
  const named = (schema as AnySchemaObject).$schema;
  if (typeof named !== 'string') return null;
  const address = withoutScheme(named.replace(/#$/, ''));
  return DIALECTS.find(({ uri }) => withoutScheme(uri) === address) ?? null;
}

/** An engine of its own for one schema, so that no `$id` of one schema is seen from another. */
export function newEngine(dialect: Dialect): Engine {
  const engine = dialect.newEngine(OPTIONS);
  engine.removeKeyword('id'); // draft-04's; to the dialects here it is unknown, to ajv an error
  for (const definition of EQUALITY_KEYWORDS) {
    engine.removeKeyword(String(definition.keyword));
    engine.addKeyword(definition);
  }
  return engine;
}

const metaschemas = new Map<Dialect, ValidateFunction>();

/** Validates schemas of a dialect; compiled at first use. */
export function metaschemaOf(dialect: Dialect): ValidateFunction {
  let validate = metaschemas.get(dialect);
  if (validate === undefined) {
    validate = newEngine(dialect).getSchema(dialect.uri) as ValidateFunction;
    metaschemas.set(dialect, validate);
  }
  return validate;
}

function withoutScheme(uri: string): string {
  return uri.replace(/^https?:/, '');
}
