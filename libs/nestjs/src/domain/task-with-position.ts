import type { Task } from './task.js';
import { taskJson } from './task-json.js';

/** A task and its 1-based place in the queue, `null` unless it is pending. */
export interface QueuedTask {
  readonly task: Task;
  readonly queuePosition: number | null;
}

/** Tasks with their places; `positions` has an entry for each pending one. */
export function withPositions(tasks: readonly Task[], positions: ReadonlyMap<string, number>): QueuedTask[] {
  return tasks.map((task) => ({ task, queuePosition: positions.get(task.id) ?? null }));
}

/** JSON text of a list of tasks. */
export function taskListJson(tasks: readonly QueuedTask[]): string {
  return `[${tasks.map(({ task, queuePosition }) => taskJson(task, queuePosition)).join(',')}]`;
}
