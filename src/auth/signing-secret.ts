import { dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { DatabaseTarget } from '../config/database-url.js';
import type { ServiceConfig } from '../config/service-config.js';
import { randomSecret, secretOfFile } from './secret-file.js';

/**
 * The HS256 key: the configured one, none when only a JWKS address is configured, else one that is made once and kept: beside the
 * database file, in the folder `data` for a database on a server, until the process ends for one in memory.
 * @throws ConfigError when it cannot be kept.
 */
export async function signingSecretOf(config: ServiceConfig): Promise<string | null> {
  const { secret, jwksUrl } = config.identity;
  if (secret !== null || jwksUrl !== null) return secret;
  const folder = folderOf(config.database);
  if (folder !== null) return secretOfFile(join(folder, 'jwt-secret'));
  new Logger('Auth').warn(
    'No ZNDRAW_JOBLIB_JWT_SECRET is set: a random one is used until this process ends, so only it can check tokens made with it.',
  );
  return randomSecret();
}

function folderOf(database: DatabaseTarget): string | null {
  if (database.engine === 'postgres') return 'data';
  return database.file === null ? null : dirname(database.file);
}
