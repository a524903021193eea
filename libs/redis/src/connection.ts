import { Redis } from 'ioredis';

/** Waits no longer than this between two attempts to connect again. */
const MAX_RETRY_MS = 1000;

/**
 * A connection that comes back by itself and keeps nobody waiting: what is asked while it is away rejects at once, and so does what was
 * asked when it broke.
 */
export function openConnection(url: string, commandTimeoutMs: number): Redis {
  const connection = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: commandTimeoutMs,
    // Of a connection that is gone already nothing more is heard.
    disconnectTimeout: 100,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RETRY_MS),
  });
  // Whoever asks is told; without a listener the same would be written to the console.
  connection.on('error', () => undefined);
  return connection;
}

/** Resolves when the connection can be used, or when the first attempt failed: it goes on trying by itself. */
export function firstAttempt(connection: Redis): Promise<void> {
  if (connection.status === 'ready') return Promise.resolve();
  return new Promise((resolve) => {
    connection.once('ready', resolve);
    connection.once('close', resolve);
  });
}
