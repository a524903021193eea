import { isDeepStrictEqual } from 'node:util';

import { TERMINAL_STATUSES } from '@joblib/contract';
import type { TerminalStatus } from '@joblib/contract';

import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import { SEVERITIES } from '../../context/severity.js';
import type { Severity } from '../../context/severity.js';
import { asRecord } from '../../report/json-reading.js';
import type { JsonRecord } from '../../report/json-reading.js';
import type { ConfigReader } from './config-reader.js';

export const CONDITION_KEYS = ['suites', 'tags', 'severities', 'min_failures', 'pass_rate_below', 'task_status'] as const;

/** What a run has to be like for a plugin to act: all that is said of it has to hold; what is not said (`null`) always does. */
export interface Condition {
  /** Names of suites, or full names of jobs. */
  readonly suites: readonly string[] | null;
  readonly tags: JsonRecord | null;
  /** An assertion of one of these has failed. */
  readonly severities: readonly Severity[] | null;
  readonly minFailures: number | null;
  /** Percent. */
  readonly passRateBelow: number | null;
  readonly taskStatus: readonly TerminalStatus[] | null;
}

export const ALWAYS: Condition = {
  suites: null,
  tags: null,
  severities: null,
  minFailures: null,
  passRateBelow: null,
  taskStatus: null,
};

export function readCondition(reader: ConfigReader<(typeof CONDITION_KEYS)[number]>): Condition {
  return {
    suites: reader.textsOr('suites', null),
    tags: reader.has('tags') ? asRecord(reader.value('tags'), reader.nameOf('tags')) : null,
    severities: reader.choicesOr('severities', SEVERITIES, null),
    minFailures: reader.wholeNumberOr('min_failures', null, 1, 1_000_000),
    passRateBelow: reader.numberOr('pass_rate_below', null, 0, 100),
    taskStatus: reader.choicesOr('task_status', TERMINAL_STATUSES, null),
  };
}

export function holds(condition: Condition, context: PluginExecutionContext): boolean {
  const { suites, tags, severities, minFailures, passRateBelow, taskStatus } = condition;
  return (
    (suites === null || suites.includes(context.suiteName)) &&
    (tags === null || Object.entries(tags).every(([name, value]) => isDeepStrictEqual(context.key.tags[name], value))) &&
    (severities === null || hasFailureOf(severities, context)) &&
    (minFailures === null || context.failedAssertions() >= minFailures) &&
    (passRateBelow === null || context.assertionPassRate() < passRateBelow) &&
    (taskStatus === null || (context.task !== undefined && taskStatus.includes(context.task.status)))
  );
}

export function hasFailureOf(severities: readonly Severity[], context: PluginExecutionContext): boolean {
  const failures = context.failuresBySeverity();
  return severities.some((severity) => failures[severity] !== undefined);
}
