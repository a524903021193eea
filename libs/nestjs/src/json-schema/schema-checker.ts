import { createHash } from 'node:crypto';
import { ProblemError } from '@joblib/contract';
import type { FieldError, JsonSchema, ProblemName } from '@joblib/contract';
import { CheckingPool } from './checking-pool.js';
import type { PoolLimits } from './checking-pool.js';
import { TOO_DEEP } from './checks.js';
import type { Check } from './checks.js';
import { PlainSchemas } from './plain-schemas.js';

const LIMITS: PoolLimits = { checkMs: 250, threadMemoryMb: 512, waitMs: 5_000, maxSuspectsWaiting: 16 };

/**
 * Checks schemas and payloads without ever holding the server up, whatever they are.
 *
 * - A *plain* schema (small, references local and not recursive, patterns that an engine without backtracking can match) costs a
 *   known number of steps per unit of payload. When the product is small, the check is done at once, in this thread, with a bounded
 *   cache of compiled schemas: such checks wait for nobody.
 * - Everything else is checked in one of two threads, and ended after 250 ms or too much memory: then the answer is "took too long".
 *   A schema that was ended is remembered and waits behind all others from then on; one that was quick has a thread that the slow
 *   ones never get. Who waited 5 s for a thread is answered "took too long" as well.
 */
export class SchemaChecker {
  private readonly plain = new PlainSchemas();
  private readonly pool: CheckingPool;

  constructor(limits: Partial<PoolLimits> = {}) {
    this.pool = new CheckingPool({ ...LIMITS, ...limits });
  }

  /**
   * Accepts a JSON Schema of draft-07, 2019-09 or 2020-12 (by `$schema`; 2020-12 without it). Unknown keywords and formats are ignored.
   * @param schema what `JSON.parse` makes of `schemaText`; not changed.
   * @throws ProblemError `ValidationError` with pointers below `/schema`: no valid schema, an invalid pattern, a reference to another
   * document, or one that took too long to check.
   */
  async assertValidSchema(schema: JsonSchema | boolean, schemaText: string): Promise<void> {
    const defects = this.plain.findSchemaDefects(schema, schemaText) ?? (await this.inThread({ kind: 'schema', schemaText }));
    refuse('ValidationError', 'The schema is no JSON Schema that can be used.', '/schema', defects);
  }

  /**
   * Accepts a payload (as `JSON.parse` made it) that fits the schema.
   * @param pointer where the payload stands in the request body.
   * @throws ProblemError `PayloadInvalid` with at most 20 pointers below `pointer`, also when it took too long to check.
   */
  async assertPayload(schemaText: string, payload: unknown, pointer = '/payload'): Promise<void> {
    const defects = this.plain.findPayloadDefects(schemaText, payload) ?? (await this.inThread({ kind: 'payload', schemaText, payload }));
    refuse('PayloadInvalid', "The payload does not fit the job's JSON Schema.", pointer, defects);
  }

  /** Ends the threads. What waits for one is refused as if it had taken too long. */
  close(): Promise<void> {
    return this.pool.close();
  }

  private async inThread(check: Check): Promise<readonly FieldError[]> {
    const key = createHash('sha256').update(check.schemaText).digest('base64');
    const outcome = await this.pool.run(key, check);
    if (outcome === 'too-slow') return [{ pointer: '', detail: 'took too long to check' }];
    if (outcome === 'too-deep') return [TOO_DEEP];
    if (outcome === 'too-busy') return [{ pointer: '', detail: 'took too long to check: other slow checks were first; try again' }];
    return outcome.defects;
  }
}

function refuse(problem: ProblemName, summary: string, base: string, defects: readonly FieldError[]): void {
  const [first] = defects;
  if (first === undefined) return;
  const errors = defects.map(({ pointer, detail }) => ({ pointer: base + pointer, detail }));
  throw new ProblemError(problem, `${summary} ${base}${first.pointer} ${first.detail}.`, { errors });
}
