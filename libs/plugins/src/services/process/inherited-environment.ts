/**
 * What a program needs of the environment to run at all. Nothing else is handed on: the environment of a server has secrets in it, with
 * which a program could sign tokens or open the database.
 */
const HANDED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.+|TZ|TMPDIR|TEMP|TMP|XDG_RUNTIME_DIR|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(HTTP|HTTPS|NO|ALL)_PROXY|VIRTUAL_ENV)$/i;

/** Values by name; `null` stands for what the own environment has under that name. */
export type EnvironmentOverrides = Readonly<Record<string, string | null>>;

/** Variables as `process.env` has them. */
export type OwnEnvironment = Readonly<Record<string, string | undefined>>;

/** The environment of a program: what of the own one it cannot do without, and over that each of these in turn. */
export function environmentWith(own: OwnEnvironment = process.env, ...overrides: readonly EnvironmentOverrides[]): Record<string, string> {
  const handedOn = Object.entries(own).flatMap(([name, value]) => (HANDED_ON.test(name) ? [[name, value ?? ''] as const] : []));
  return { ...Object.fromEntries(handedOn), ...onlyNamed(own, ...overrides) };
}

/** Each of these in turn over the one before, and nothing else of the own environment. */
export function onlyNamed(own: OwnEnvironment = process.env, ...overrides: readonly EnvironmentOverrides[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of overrides.flatMap((one) => Object.entries(one))) {
    const chosen = value ?? own[name];
    if (chosen !== undefined) environment[name] = chosen;
  }
  return environment;
}
