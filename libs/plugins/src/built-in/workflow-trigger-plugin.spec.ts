import { describe, expect, it } from '@jest/globals';

import { aContext } from '../testing/index.js';
import type { TaskSnapshot } from '../context/task-snapshot.js';
import type { PluginSubmission } from './plugin-host.js';
import { WorkflowTriggerPlugin } from './workflow-trigger-plugin.js';

const REPAIR = '@global:modifiers:Repair';
const TASK = {
  id: 'task-1',
  job: '@global:modifiers:Verify',
  room: 'lab',
  status: 'failed',
  payload: { path: 'x' },
} as unknown as TaskSnapshot;
const FAILED_RUN = aContext({ suiteName: 'Daily', executionId: 'execution-1', task: TASK });

function aPlugin(...triggers: object[]): { plugin: WorkflowTriggerPlugin; submissions: PluginSubmission[]; refuse: Set<string> } {
  const submissions: PluginSubmission[] = [];
  const refuse = new Set<string>();
  const submit = async (submission: PluginSubmission): Promise<void> => {
    submissions.push(submission);
    if (refuse.has(submission.job)) throw new Error(`Job '${submission.job}' is not registered.`);
  };
  return { plugin: new WorkflowTriggerPlugin({ triggers }, { submit }), submissions, refuse };
}

describe('WorkflowTriggerPlugin', () => {
  it('submits to the room of the task, with what the run came to', async () => {
    const payload = { suite: '{{suite_name}}', path: '{{task.payload.path}}', force: true };
    const { plugin, submissions } = aPlugin({ when: { task_status: ['failed'] }, job: REPAIR, payload });
    await plugin.process(FAILED_RUN);
    expect(submissions).toEqual([
      {
        room: 'lab',
        job: REPAIR,
        payload: { suite: 'Daily', path: 'x', force: true },
        idempotencyKey: expect.stringMatching(/^workflow_trigger-[0-9a-f]{64}$/),
      },
    ]);
  });

  it('submits under the same key for the same run, and another for another run or trigger', async () => {
    const { plugin, submissions } = aPlugin({ when: {}, job: REPAIR }, { when: {}, job: REPAIR, room: 'other' });
    await plugin.process(FAILED_RUN);
    await plugin.process(FAILED_RUN);
    await plugin.process(aContext({ task: TASK, executionId: 'execution-2' }));
    const keys = submissions.map(({ idempotencyKey }) => idempotencyKey);
    expect([keys[0], keys[1], new Set(keys).size]).toEqual([keys[2], keys[3], 4]);
  });

  it('submits nothing when the condition does not hold, or for a task of the very job', async () => {
    const { plugin, submissions } = aPlugin({ when: { suites: ['Hourly'] }, job: REPAIR }, { when: {}, job: TASK.job });
    await plugin.process(FAILED_RUN);
    expect(submissions).toEqual([]);
  });

  it('tries all triggers, and fails with what was refused', async () => {
    const roomless = { when: { suites: ['Alone'] }, job: REPAIR };
    const { plugin, submissions, refuse } = aPlugin({ when: {}, job: 'a:b:Gone', room: 'lab' }, roomless, {
      when: {},
      job: REPAIR,
      room: 'lab',
    });
    refuse.add('a:b:Gone');
    await expect(plugin.process(aContext({ suiteName: 'Alone' }))).rejects.toThrow(
      "Error: Job 'a:b:Gone' is not registered. Error: The trigger of @global:modifiers:Repair has no room, and the run was no task: give it a room.",
    );
    expect(submissions.map(({ job }) => job)).toEqual(['a:b:Gone', REPAIR]);
  });

  it('follows its manager', async () => {
    const { plugin, submissions } = aPlugin({ when: {}, job: REPAIR });
    plugin.initialize({ triggers: [{ when: {}, job: 'a:b:c' }] });
    await plugin.process(FAILED_RUN);
    expect([submissions[0]?.job, plugin.accepts]).toEqual(['a:b:c', 'reports']);
  });
});
