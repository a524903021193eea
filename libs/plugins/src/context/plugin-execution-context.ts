import { toAssertionResult } from './assertion-result.js';
import type { AssertionResult, AssertionResultInput, AssertionStatus } from './assertion-result.js';
import type { ResultKey } from './result-key.js';
import { countBySeverity } from './severity.js';
import type { SeverityCounts } from './severity.js';
import type { SymbolInfo } from './symbol-info.js';
import type { TaskSnapshot } from './task-snapshot.js';

/** What a context is made of. */
export interface PluginExecutionContextFields {
  /** Absent: never aborted. */
  readonly signal?: AbortSignal;
  readonly suiteName: string;
  readonly executionId: string;
  readonly datasources: readonly string[];
  readonly key: ResultKey;
  /** When it was run: Unix seconds. */
  readonly timestamp: number;
  readonly durationMs: number;
  readonly results: readonly AssertionResultInput[];
  readonly symbols: readonly SymbolInfo[];
  /** Absent when no task stands behind the results. */
  readonly task?: TaskSnapshot | undefined;
}

/** What one run of a suite, or one task, came to: what plugins are given. Not to be changed; every plugin gets the same results. */
export class PluginExecutionContext {
  /** Aborted when the plugin's time is over, or the caller wants no more. */
  readonly signal: AbortSignal;
  readonly suiteName: string;
  readonly executionId: string;
  readonly datasources: readonly string[];
  readonly key: ResultKey;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly durationMs: number;
  readonly results: readonly AssertionResult[];
  readonly symbols: readonly SymbolInfo[];
  readonly task: TaskSnapshot | undefined;

  constructor(fields: PluginExecutionContextFields) {
    this.signal = fields.signal ?? new AbortController().signal;
    this.suiteName = fields.suiteName;
    this.executionId = fields.executionId;
    this.datasources = Object.freeze([...fields.datasources]);
    this.key = fields.key;
    this.timestamp = fields.timestamp;
    this.durationMs = fields.durationMs;
    this.results = Object.freeze(fields.results.map((result) => Object.freeze(toAssertionResult(result))));
    this.symbols = Object.freeze([...fields.symbols]);
    this.task = fields.task;
    Object.freeze(this);
  }

  /** The same, to be given up by another signal. */
  withSignal(signal: AbortSignal): PluginExecutionContext {
    return new PluginExecutionContext({ ...this, signal });
  }

  totalAssertions(): number {
    return this.results.length;
  }

  passedAssertions(): number {
    return this.#withStatus('PASSED').length;
  }

  failedAssertions(): number {
    return this.#withStatus('FAILED').length;
  }

  skippedAssertions(): number {
    return this.#withStatus('SKIPPED').length;
  }

  /** Percent of all assertions, skipped ones included; 100 when there are none. */
  assertionPassRate(): number {
    return this.results.length === 0 ? 100 : (this.passedAssertions() / this.results.length) * 100;
  }

  totalSymbols(): number {
    return this.symbols.length;
  }

  failedSymbols(): number {
    return this.symbols.filter(({ value }) => 'error' in value).length;
  }

  assertionsBySeverity(): SeverityCounts {
    return countBySeverity(this.results);
  }

  failuresBySeverity(): SeverityCounts {
    return countBySeverity(this.#withStatus('FAILED'));
  }

  #withStatus(status: AssertionStatus): AssertionResult[] {
    return this.results.filter((result) => result.status === status);
  }
}
