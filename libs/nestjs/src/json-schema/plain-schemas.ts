import type { FieldError } from '@joblib/contract';
import { BoundedCache } from './bounded-cache.js';
import { CompiledSchemas, orTooDeep } from './checks.js';
import { MAX_PLAIN_TEXT_LENGTH, isQuick, schemaCost } from './schema-cost.js';
import { findSchemaDefects } from './schema-defects.js';

/** Characters of schema text. */
const MAX_REMEMBERED_LENGTH = 500_000;
const ENTRY_WEIGHT = 500;

/** Checks that are certain to be quick, done at once; `null` for all others. */
export class PlainSchemas {
  private readonly costs = new BoundedCache<number>(MAX_REMEMBERED_LENGTH);
  private readonly compiled = new CompiledSchemas(MAX_REMEMBERED_LENGTH);

  findSchemaDefects(schema: unknown, schemaText: string): readonly FieldError[] | null {
    return this.cost(schemaText, () => schema) === Infinity ? null : orTooDeep(() => findSchemaDefects(schema));
  }

  findPayloadDefects(schemaText: string, payload: unknown): readonly FieldError[] | null {
    const cost = this.cost(schemaText, () => JSON.parse(schemaText));
    return cost !== Infinity && isQuick(cost, payload) ? this.compiled.findPayloadDefects(schemaText, payload) : null;
  }

  private cost(schemaText: string, read: () => unknown): number {
    if (schemaText.length > MAX_PLAIN_TEXT_LENGTH) return Infinity;
    let cost = this.costs.get(schemaText);
    if (cost === undefined) {
      cost = schemaCost(read());
      this.costs.set(schemaText, cost, schemaText.length + ENTRY_WEIGHT);
    }
    return cost;
  }
}
