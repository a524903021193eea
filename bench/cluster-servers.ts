import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { emptyPostgresDatabase } from './databases.js';
import { ServerProcess } from './server-process.js';
import { SERVICE_FLAGS } from './service-flags.js';
import type { Endpoint } from './task-api.js';

/** Servers on one empty database and one Redis. */
export interface RunningCluster {
  readonly servers: readonly ServerProcess[];
  readonly endpoints: readonly Endpoint[];
  dispose(): Promise<void>;
}

/** @param redisUrl `null`: they know of nothing but their database. */
export async function startCluster(count: number, postgresUrl: string, redisUrl: string | null): Promise<RunningCluster> {
  const database = await emptyPostgresDatabase(postgresUrl);
  const secret = randomBytes(32).toString('hex');
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: database.url,
    ZNDRAW_JOBLIB_JWT_SECRET: secret,
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
  };
  const script = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const servers: ServerProcess[] = [];
  const dispose = async (): Promise<void> => {
    for (const server of servers) await server.stop();
    await database.remove();
  };
  try {
    for (let index = 0; index < count; index += 1) {
      servers.push(await ServerProcess.start({ script, nodeFlags: SERVICE_FLAGS, environment, core: null }));
    }
    const token = await signToken(secret);
    return { servers, endpoints: servers.map(({ origin }) => ({ origin, token })), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function signToken(secret: string): Promise<string> {
  const token = new SignJWT({ is_superuser: true }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' });
  return token.setSubject('alice').setIssuedAt().setExpirationTime('1h').sign(Buffer.from(secret));
}
