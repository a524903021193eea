import type { RowLock } from '../statements.js';

/** What a read keeps others from doing to the rows that it finds, until its transaction ends. */
export const LOCKS: Record<RowLock, string> = {
  none: '',
  // Others may keep it too, and change what is no key; deleting and `FOR UPDATE` wait.
  keep: 'FOR KEY SHARE',
  change: 'FOR UPDATE',
};
