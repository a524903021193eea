import type { TaskStatus } from '@joblib/contract';

/** How far a task is. What is put back goes from claimed to pending: of these two nobody can tell which is later. */
const RANK: Readonly<Record<TaskStatus, number>> = { pending: 0, claimed: 0, running: 1, completed: 2, failed: 2, cancelled: 2 };

/** Tasks that are remembered; those that were told of longest ago are forgotten first. */
const MAX_TASKS = 10_000;

/**
 * Servers tell of their commits each by itself, so what happened first may arrive last. Nobody is told that a task is less far than they
 * have heard already.
 */
export class StatusOrder {
  readonly #ranks = new Map<string, number>();

  /** Whether to tell; what is told is remembered. */
  admits(taskId: string, status: TaskStatus): boolean {
    const told = this.#ranks.get(taskId) ?? 0;
    const rank = RANK[status];
    if (rank < told) return false;
    if (rank > 0) this.#remember(taskId, rank);
    return true;
  }

  #remember(taskId: string, rank: number): void {
    this.#ranks.delete(taskId);
    this.#ranks.set(taskId, rank);
    if (this.#ranks.size > MAX_TASKS) for (const oldest of this.#ranks.keys()) return void this.#ranks.delete(oldest);
  }
}
