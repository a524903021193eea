import { describe, expect, it } from '@jest/globals';
import type { TaskRow } from '../../examples/demo/display.js';
import { TaskTracker } from '../../examples/demo/tracker.js';
import type { TaskState } from '../../examples/demo/tracker.js';

function aState(fields: Partial<TaskState> = {}): TaskState {
  return { id: 'a', status: 'pending', progress: null, queue_position: 1, error: null, ...fields };
}

function tracking(expectedTasks: number): { tracker: TaskTracker; shown: () => readonly TaskRow[] } {
  let rows: readonly TaskRow[] = [];
  const tracker = new TaskTracker(expectedTasks, (latest) => (rows = latest));
  return { tracker, shown: () => rows };
}

describe('TaskTracker', () => {
  it('shows the event that arrived before the answer of its submit', () => {
    const { tracker, shown } = tracking(1);
    tracker.update(aState({ status: 'running', progress: 0.5 }));
    tracker.add('first', aState());
    expect(shown()).toEqual([{ label: 'first', status: 'running', progress: 0.5, queuePosition: 1, error: null }]);
  });

  it("does not show other people's tasks", () => {
    const { tracker, shown } = tracking(1);
    tracker.add('mine', aState());
    tracker.update(aState({ id: 'theirs', status: 'running' }));
    expect(shown().map(({ label }) => label)).toEqual(['mine']);
  });

  it('keeps an ended task ended when an older state comes late', () => {
    const { tracker, shown } = tracking(1);
    tracker.add('first', aState());
    tracker.update(aState({ status: 'completed' }));
    tracker.update(aState({ status: 'running' }));
    expect(shown()[0]?.status).toBe('completed');
  });

  it('names the tasks that have not ended', () => {
    const { tracker } = tracking(2);
    tracker.add('first', aState());
    tracker.add('second', aState({ id: 'b' }));
    tracker.update(aState({ status: 'cancelled' }));
    expect(tracker.unfinishedIds()).toEqual(['b']);
  });

  it('finishes when every expected task has ended, not before all were added', async () => {
    const { tracker } = tracking(2);
    const order: string[] = [];
    const finished = tracker.allEnded.then(() => order.push('finished'));
    tracker.add('first', aState({ status: 'failed', error: 'no' }));
    await Promise.resolve();
    order.push('one ended');
    tracker.add('second', aState({ id: 'b', status: 'completed' }));
    await finished;
    expect(order).toEqual(['one ended', 'finished']);
  });
});
