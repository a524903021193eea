import { STATUS_WORDS, toAssertionResult } from '../context/assertion-result.js';
import type { AssertionResult, AssertionResultInput, MetricOutcome, Tags } from '../context/assertion-result.js';
import { ResultKey, isDay } from '../context/result-key.js';
import { SEVERITIES } from '../context/severity.js';
import type { Severity } from '../context/severity.js';
import type { SymbolInfo, SymbolValue } from '../context/symbol-info.js';
import { asList, asNullableText, asNumberOrNull, asOneOf, asRecord, asText, isRecord } from './json-reading.js';
import type { JsonRecord } from './json-reading.js';
import { sentenceOf } from '../logger.js';

/** What a worker reports of a verification suite as the result of its task. */
export interface VerificationReport {
  /** `null` when it was not said. */
  readonly suite: string | null;
  readonly datasources: readonly string[];
  /** `null` when it was not said. */
  readonly key: ResultKey | null;
  readonly results: readonly AssertionResult[];
  readonly symbols: readonly SymbolInfo[];
}

/** What a JSON value is: no report at all, a report, or one that claims to be and is not, and why. */
export type ReportReading = null | { readonly report: VerificationReport } | { readonly malformed: string };

interface Defaults {
  readonly suite: string | null;
  readonly day: string | null;
}

/**
 * Reads `{suite?, datasources?, key?, results, symbols}`. Both `results` and `symbols` make the claim; anything else is no report. Day and
 * suite of an entry are those of the report unless it has its own.
 */
export function readReport(value: unknown): ReportReading {
  if (!isRecord(value) || !('results' in value) || !('symbols' in value)) return null;
  try {
    return { report: reportOf(value) };
  } catch (error) {
    return { malformed: sentenceOf(error) };
  }
}

function reportOf(value: JsonRecord): VerificationReport {
  const suite = asNullableText(value.suite, 'suite');
  const key = value.key === undefined || value.key === null ? null : keyOf(asRecord(value.key, 'key'));
  const defaults = { suite, day: key?.yyyy_mm_dd ?? null };
  return {
    suite,
    key,
    datasources: asList(value.datasources ?? [], 'datasources').map((name, index) => asText(name, `datasources/${index}`)),
    results: asList(value.results, 'results').map((result, index) => resultOf(result, `results/${index}`, defaults)),
    symbols: asList(value.symbols, 'symbols').map((symbol, index) => symbolOf(symbol, `symbols/${index}`, defaults)),
  };
}

function keyOf({ yyyy_mm_dd, tags }: JsonRecord): ResultKey {
  return new ResultKey(dayOf(yyyy_mm_dd, 'key', null), tagsOf(tags, 'key'));
}

function resultOf(value: unknown, at: string, defaults: Defaults): AssertionResult {
  const result = asRecord(value, at);
  return toAssertionResult({
    yyyy_mm_dd: dayOf(result.yyyy_mm_dd, at, defaults.day),
    suite: asText(result.suite ?? defaults.suite ?? '', `${at}/suite`),
    check: asText(result.check, `${at}/check`),
    assertion: asText(result.assertion, `${at}/assertion`),
    severity: asOneOf<Severity>(result.severity, SEVERITIES, `${at}/severity`),
    status: asOneOf(result.status, Object.keys(STATUS_WORDS) as AssertionResultInput['status'][], `${at}/status`),
    metric: metricOf(asRecord(result.metric, `${at}/metric`), `${at}/metric`),
    expression: asNullableText(result.expression, `${at}/expression`),
    tags: tagsOf(result.tags, at),
  });
}

function metricOf(metric: JsonRecord, at: string): MetricOutcome {
  if ('failures' in metric) return { failures: asList(metric.failures, `${at}/failures`) };
  return { value: asNumberOrNull(metric.value, `${at}/value`) };
}

function symbolOf(value: unknown, at: string, defaults: Defaults): SymbolInfo {
  const symbol = asRecord(value, at);
  return {
    name: asText(symbol.name, `${at}/name`),
    metric: asText(symbol.metric, `${at}/metric`),
    dataset: asNullableText(symbol.dataset, `${at}/dataset`),
    value: symbolValueOf(asRecord(symbol.value, `${at}/value`), `${at}/value`),
    yyyy_mm_dd: dayOf(symbol.yyyy_mm_dd, at, defaults.day),
    suite: asText(symbol.suite ?? defaults.suite ?? '', `${at}/suite`),
    tags: tagsOf(symbol.tags, at),
  };
}

function symbolValueOf(value: JsonRecord, at: string): SymbolValue {
  if ('error' in value) return { error: asText(value.error, `${at}/error`) };
  return { ok: asNumberOrNull(value.ok, `${at}/ok`) };
}

function dayOf(value: unknown, at: string, otherwise: string | null): string {
  const day = value ?? otherwise;
  if (!isDay(day)) throw new TypeError(`${at}/yyyy_mm_dd must be a day: 2026-01-31`);
  return day;
}

function tagsOf(value: unknown, at: string): Tags {
  return asRecord(value ?? {}, `${at}/tags`);
}
