import { SignJWT } from 'jose';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { emptyPostgresDatabase, emptySqliteDatabase } from './databases.js';
import { ServerProcess } from './server-process.js';
import { SERVICE_FLAGS } from './service-flags.js';
import type { Endpoint } from './task-api.js';

export const TARGET_NAMES = ['ours', 'peer'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** A server that is up, with what it takes to talk to it and to take it away again. */
export interface RunningTarget {
  readonly name: TargetName;
  readonly server: ServerProcess;
  readonly endpoint: Endpoint;
  /** Ends the server and removes what it wrote; resolves to whether it ended well. */
  dispose(): Promise<boolean>;
}

interface StartOptions {
  readonly core: number | null;
  /** Ours keeps its tasks there; null: in SQLite. */
  readonly postgresUrl: string | null;
  readonly nodeFlags: readonly string[];
}

export const START_TARGET: Record<TargetName, (options: StartOptions) => Promise<RunningTarget>> = { ours: startOurs, peer: startPeer };

/** The server whose only cost is the client's. */
export function startCannedResponder(core: number | null): Promise<ServerProcess> {
  return ServerProcess.start({ script: besideThisFile('canned-responder.js'), nodeFlags: [], environment: {}, core });
}

/** The service as it is built, with an empty database of its own. */
async function startOurs({ core, nodeFlags, postgresUrl }: StartOptions): Promise<RunningTarget> {
  const database = postgresUrl === null ? await emptySqliteDatabase() : await emptyPostgresDatabase(postgresUrl);
  const secret = randomBytes(32).toString('hex');
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    ZNDRAW_JOBLIB_JWT_SECRET: secret,
  };
  try {
    const server = await ServerProcess.start({
      script: besideThisFile('../../dist/main.js'),
      nodeFlags: [...SERVICE_FLAGS, ...nodeFlags],
      environment,
      core,
    });
    const dispose = async (): Promise<boolean> => server.stop().finally(() => database.remove());
    return { name: 'ours', server, endpoint: { origin: server.origin, token: await signToken(secret) }, dispose };
  } catch (error) {
    await database.remove();
    throw error;
  }
}

async function startPeer({ core, nodeFlags }: StartOptions): Promise<RunningTarget> {
  const environment = { NODE_ENV: 'production' };
  const server = await ServerProcess.start({ script: besideThisFile('peer-fastify.js'), nodeFlags, environment, core });
  return { name: 'peer', server, endpoint: { origin: server.origin, token: null }, dispose: () => server.stop() };
}

function signToken(secret: string): Promise<string> {
  return new SignJWT({ is_superuser: true })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject('alice')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(secret));
}

function besideThisFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
