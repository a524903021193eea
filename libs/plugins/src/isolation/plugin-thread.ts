/** The code of a plugin's thread. */
import { workerData } from 'node:worker_threads';

import type { ThreadData } from './thread-messages.js';
import { serveThread } from './serve-thread.js';

await serveThread(workerData as ThreadData);
