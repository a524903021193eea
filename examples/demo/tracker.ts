import { isTerminal } from '@joblib/contract';
import type { TaskView } from '@joblib/contract';
import type { TaskRow } from './display.js';

/** What both an answer and an event say about a task. */
export type TaskState = Pick<TaskView, 'id' | 'status' | 'progress' | 'queue_position' | 'error'>;

/**
 * What is known of the tasks that the demo submitted. An event may arrive before the answer of its submit, so the states of unknown
 * tasks are kept, and events of other people's tasks in the room change nothing.
 */
export class TaskTracker {
  private readonly states = new Map<string, TaskState>();
  private readonly labels = new Map<string, string>();
  private finish!: () => void;
  /** Resolves when `expectedTasks` tasks were added and all have ended. */
  readonly allEnded = new Promise<void>((resolve) => (this.finish = resolve));

  constructor(
    private readonly expectedTasks: number,
    private readonly onChange: (rows: readonly TaskRow[], changed: TaskState) => void,
  ) {}

  /** Adds a task that was submitted. */
  add(label: string, answer: TaskState): void {
    this.labels.set(answer.id, label);
    this.show(this.states.get(answer.id) ?? answer);
  }

  /** Takes in an event, or a fresh answer. What has ended stays ended, should an older state come late. */
  update(state: TaskState): void {
    const known = this.states.get(state.id);
    if (known && isTerminal(known.status)) return;
    this.states.set(state.id, state);
    if (this.labels.has(state.id)) this.show(state);
  }

  /** Tasks added that have not ended. */
  unfinishedIds(): readonly string[] {
    return [...this.labels.keys()].filter((id) => !this.hasEnded(id));
  }

  private show(state: TaskState): void {
    this.states.set(state.id, state);
    this.onChange(this.rows(), state);
    if (this.labels.size === this.expectedTasks && this.unfinishedIds().length === 0) this.finish();
  }

  private rows(): readonly TaskRow[] {
    return [...this.labels].flatMap(([id, label]) => {
      const state = this.states.get(id);
      return state
        ? [{ label, status: state.status, progress: state.progress, queuePosition: state.queue_position, error: state.error }]
        : [];
    });
  }

  private hasEnded(id: string): boolean {
    const state = this.states.get(id);
    return state !== undefined && isTerminal(state.status);
  }
}
