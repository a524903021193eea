import type { FieldError } from '@joblib/contract';
import { BoundedCache } from './bounded-cache.js';
import { clip, compileSchema } from './compiled-schema.js';
import type { CompiledSchema } from './compiled-schema.js';
import { findDefectsByCompiling } from './schema-defects.js';

/** Work for a thread. Pointers of the answer are relative to the schema or the payload. */
export type Check =
  | { readonly kind: 'schema'; readonly schemaText: string }
  | { readonly kind: 'payload'; readonly schemaText: string; readonly payload: unknown };

/** What a thread found, and how long it took. */
export interface CheckReport {
  readonly defects: readonly FieldError[];
  readonly elapsedMs: number;
}

/** The answer where a check exhausts the stack. */
export const TOO_DEEP: FieldError = { pointer: '', detail: 'is nested too deeply to check' };
const ENTRY_WEIGHT = 1_000;

/** Compiled schemas by their text, the last used ones, as many as fit. Unit of weight: characters of schema text. */
export class CompiledSchemas {
  private readonly compiled: BoundedCache<CompiledSchema>;

  constructor(maxWeight: number) {
    this.compiled = new BoundedCache(maxWeight);
  }

  findPayloadDefects(schemaText: string, payload: unknown): readonly FieldError[] {
    return orTooDeep(() => this.get(schemaText)(payload));
  }

  private get(schemaText: string): CompiledSchema {
    let compiled = this.compiled.get(schemaText);
    if (compiled === undefined) {
      compiled = compileOrExplain(schemaText);
      this.compiled.set(schemaText, compiled, schemaText.length + ENTRY_WEIGHT);
    }
    return compiled;
  }
}

/** Runs a check to its end, however long that takes. */
export function runCheck(check: Check, schemas: CompiledSchemas): CheckReport {
  const startedMs = performance.now();
  const defects =
    check.kind === 'schema'
      ? orTooDeep(() => findDefectsByCompiling(check.schemaText))
      : schemas.findPayloadDefects(check.schemaText, check.payload);
  return { defects, elapsedMs: performance.now() - startedMs };
}

/** A schema that was stored unchecked may be none: then no payload fits it, and the answer says why. */
function compileOrExplain(schemaText: string): CompiledSchema {
  try {
    return compileSchema(schemaText);
  } catch (error) {
    const detail = clip(`cannot be checked, the job's schema is not usable: ${error instanceof Error ? error.message : String(error)}`);
    return () => [{ pointer: '', detail }];
  }
}

/** What exhausts the stack is nested too deeply: walking and compiling recurse once per level. */
export function orTooDeep(find: () => readonly FieldError[]): readonly FieldError[] {
  try {
    return find();
  } catch (error) {
    if (error instanceof RangeError) return [TOO_DEEP];
    throw error;
  }
}
