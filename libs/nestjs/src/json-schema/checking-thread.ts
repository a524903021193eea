/** The code of a checking thread: one check after the other, each answered by a `CheckReport`. Ended from outside when one takes too long. */
import { parentPort } from 'node:worker_threads';
import { CompiledSchemas, runCheck } from './checks.js';
import type { Check } from './checks.js';

const schemas = new CompiledSchemas(2_000_000);

parentPort?.on('message', (check: Check) => parentPort?.postMessage(runCheck(check, schemas)));
parentPort?.postMessage('ready');
