import { createHash } from 'node:crypto';

import { parseFullName, roomIdDefect } from '@joblib/contract';

import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { PluginMetadata } from '../plugin-metadata.js';
import type { Accepts, PluginConfig, PostProcessor } from '../post-processor.js';
import { asRecord } from '../report/json-reading.js';
import type { JsonRecord } from '../report/json-reading.js';
import type { PluginHost, PluginSubmission } from './plugin-host.js';
import { CONDITION_KEYS, holds, readCondition } from './settings/condition.js';
import type { Condition } from './settings/condition.js';
import { readConfig } from './settings/config-reader.js';
import type { ConfigReader } from './settings/config-reader.js';
import { contextView } from './template/context-view.js';
import { PluginSettings, readAccepts } from './settings/plugin-settings.js';
import type { CommonSettings } from './settings/plugin-settings.js';
import { assertTemplate, fillTemplate } from './template/template.js';

export const WORKFLOW_TRIGGER_KEYS = ['accepts', 'triggers'] as const;
export const TRIGGER_KEYS = ['when', 'job', 'room', 'payload'] as const;

interface Trigger {
  readonly when: Condition;
  readonly job: string;
  /** `null`: the room of the task that the run was. */
  readonly room: string | null;
  /** A template. */
  readonly payload: JsonRecord;
}

interface WorkflowTriggerSettings extends CommonSettings {
  readonly triggers: readonly Trigger[];
}

/** Submits tasks when conditions on a run hold. */
export class WorkflowTriggerPlugin implements PostProcessor {
  readonly #settings: PluginSettings<WorkflowTriggerSettings>;

  /** `{ triggers: [{ when, job, … }] }`, see the README. @throws TypeError which names the key that is wrong. */
  constructor(
    config: PluginConfig,
    private readonly host: Pick<PluginHost, 'submit'>,
  ) {
    this.#settings = new PluginSettings(readSettings, config);
  }

  get accepts(): Accepts {
    return this.#settings.accepts;
  }

  metadata(): PluginMetadata {
    return new PluginMetadata({
      name: 'workflow_trigger',
      version: '1.0.0',
      author: 'joblib',
      description: 'Submits tasks when conditions on a run hold.',
      capabilities: ['orchestration'],
    });
  }

  /** @throws TypeError as the constructor. */
  initialize(config: PluginConfig): void {
    this.#settings.update(config);
  }

  /** All triggers are tried. A run that is given once more submits nothing again. @throws AggregateError what was refused. */
  async process(context: PluginExecutionContext): Promise<void> {
    const fired = this.#settings.current.triggers.filter((trigger) => isFired(trigger, context));
    const outcomes = await Promise.allSettled(fired.map(async (trigger) => this.host.submit(submissionOf(trigger, context))));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    if (refusals.length > 0) throw new AggregateError(refusals, refusals.map(String).join(' '));
  }
}

/** Never for a task of the job that it submits: that would go on for ever. */
function isFired({ when, job }: Trigger, context: PluginExecutionContext): boolean {
  return context.task?.job !== job && holds(when, context);
}

function submissionOf({ job, room, payload }: Trigger, context: PluginExecutionContext): PluginSubmission {
  const target = room ?? context.task?.room;
  if (target === undefined) throw new Error(`The trigger of ${job} has no room, and the run was no task: give it a room.`);
  const filled = fillTemplate(payload, contextView(context)) as JsonRecord;
  // Not of the run alone: a trigger that was changed submits something else.
  const subject = JSON.stringify([context.executionId, target, job, filled]);
  const idempotencyKey = `workflow_trigger-${createHash('sha256').update(subject).digest('hex')}`;
  return { room: target, job, payload: filled, idempotencyKey };
}

function readSettings(config: PluginConfig): WorkflowTriggerSettings {
  return readConfig(config, 'workflow_trigger', WORKFLOW_TRIGGER_KEYS, (reader) => ({
    accepts: readAccepts(reader),
    triggers: reader.sections('triggers', TRIGGER_KEYS, readTrigger),
  }));
}

function readTrigger(reader: ConfigReader<(typeof TRIGGER_KEYS)[number]>): Trigger {
  const payload = asRecord(reader.value('payload') ?? {}, reader.nameOf('payload'));
  assertTemplate(payload, reader.nameOf('payload'));
  return {
    when: reader.section('when', CONDITION_KEYS, readCondition),
    job: jobOf(reader),
    room: roomOf(reader),
    payload,
  };
}

function jobOf(reader: ConfigReader<'job'>): string {
  const job = reader.text('job');
  if (parseFullName(job) !== null) return job;
  throw reader.refusal('job', 'the full name of a job: room_id:category:name');
}

function roomOf(reader: ConfigReader<'room'>): string | null {
  const room = reader.textOr('room', null);
  if (room === null || roomIdDefect(room) === null) return room;
  throw reader.refusal('room', 'the id of a room');
}
