import { Injectable } from '@nestjs/common';

import type { Transaction } from './session.js';

/** What only one server at a time may do. A lease ends by itself, so that a killed server's duty passes on. */
@Injectable()
export class LeaseStore {
  /** @returns whether the lease is the holder's until `expiresAt` (epoch milliseconds). */
  async acquire(transaction: Transaction, name: string, holder: string, now: number, expiresAt: number): Promise<boolean> {
    return (await transaction.first(transaction.statements.housekeeping.acquireLease(name, holder, now, expiresAt))) !== null;
  }

  async release(transaction: Transaction, name: string, holder: string): Promise<void> {
    await transaction.all(transaction.statements.housekeeping.releaseLease(name, holder));
  }
}
