import { ConfigError } from './config-error.js';
import { withoutPassword } from './database-url.js';

/**
 * Checks `redis://[<user>:<password>@]<host>[:<port>][/<number>]`, or `rediss://…` for TLS; with its password.
 * @throws ConfigError for everything else; passwords are not repeated.
 */
export function readRedisUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^\/?\d*$/.test(url.pathname)) return text;
  throw new ConfigError(
    `REDIS_URL is '${withoutPassword(text)}'; it has to be redis://[<user>:<password>@]<host>[:<port>], or rediss:// for TLS, with special characters percent-encoded.`,
  );
}
