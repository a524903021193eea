/** The code of a checking thread: one check after the other, each answered by a `CheckReport`. Ended from outside when one takes too long. */
import { parentPort } from 'node:worker_threads';
import { CompiledSchemas, runCheck } from './checks.js';
import type { Check } from './checks.js';

const schemas = new CompiledSchemas(2_000_000);

// The first check of a thread takes much longer than those after it, and its limit is not to be spent on that.
const WARM_UP = '{"type":"object","properties":{"a":{"type":"string","pattern":"^a+$"}}}';
runCheck({ kind: 'schema', schemaText: WARM_UP }, schemas);
runCheck({ kind: 'payload', schemaText: WARM_UP, payload: { a: 'a' } }, schemas);

parentPort?.on('message', (check: Check) => parentPort?.postMessage(runCheck(check, schemas)));
parentPort?.postMessage('ready');
