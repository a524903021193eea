import { randomUUID } from 'node:crypto';

import { ResourceAllocationFailed, ServiceConfigError } from './service-errors.js';
import type { ResourceNeed } from './service-plugin.js';

/** How much there is of each type; a type that is not named has no limit. */
export type ResourceLimits = Readonly<Record<string, number>>;

interface Allocation {
  readonly type: string;
  readonly amount: number;
}

/** Counts who holds what. It neither waits nor awaits, so that nothing comes between the look and the take. */
export class ResourceTracker {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #allocations = new Map<string, Allocation>();
  readonly #used = new Map<string, number>();

  /** @throws ServiceConfigError naming the type whose limit is no count. */
  constructor({ limits = {} }: { readonly limits?: ResourceLimits } = {}) {
    this.#limits = new Map(Object.entries(limits));
    for (const [type, limit] of this.#limits) {
      if (!Number.isSafeInteger(limit) || limit < 0) {
        throw new ServiceConfigError(`The limit for ${type} must be a whole number from 0, got ${String(limit)}.`);
      }
    }
  }

  /**
   * Takes `amount` of one type, all or nothing. @returns the id to give it back with: `<type>_<uuid>`.
   * @throws ResourceAllocationFailed when that is more than is left.
   */
  allocate(type: string, amount = 1, serviceName = ''): string {
    if (!Number.isSafeInteger(amount) || amount < 1) throw new RangeError(`amount must be a whole number from 1, got ${amount}.`);
    const used = this.used(type) + amount;
    if (used > (this.#limits.get(type) ?? Infinity)) throw new ResourceAllocationFailed(type, serviceName);
    const id = `${type}_${randomUUID()}`;
    this.#used.set(type, used);
    this.#allocations.set(id, { type, amount });
    return id;
  }

  /** All of them or none. @throws ResourceAllocationFailed with nothing taken. */
  allocateAll(needs: readonly ResourceNeed[], serviceName = ''): string[] {
    const ids: string[] = [];
    try {
      for (const { type, amount } of needs) ids.push(this.allocate(type, amount, serviceName));
      return ids;
    } catch (error) {
      for (const id of ids) this.release(id);
      throw error;
    }
  }

  /** Gives it back. @returns whether there was anything to give back: a second time there is not. */
  release(id: string): boolean {
    const allocation = this.#allocations.get(id);
    if (allocation === undefined) return false;
    this.#allocations.delete(id);
    this.#used.set(allocation.type, this.used(allocation.type) - allocation.amount);
    return true;
  }

  /** How much of exactly this type is taken. */
  used(type: string): number {
    return this.#used.get(type) ?? 0;
  }
}
