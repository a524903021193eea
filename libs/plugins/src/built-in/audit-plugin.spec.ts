import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ResultKey } from '../context/result-key.js';
import type { AssertionResultInput } from '../context/assertion-result.js';
import { RecordingLogger, aContext } from '../testing/index.js';
import { AuditPlugin } from './audit-plugin.js';

const COMMON = { yyyy_mm_dd: '2026-01-31', suite: 's', check: 'c', assertion: 'a', metric: { failures: [] }, expression: null, tags: {} };
const RESULTS: AssertionResultInput[] = [
  { ...COMMON, severity: 'P0', status: 'FAILED' },
  { ...COMMON, severity: 'P1', status: 'PASSED' },
  { ...COMMON, severity: 'P1', status: 'PASSED' },
  { ...COMMON, severity: 'P2', status: 'SKIPPED' },
];
const SYMBOL = { name: 'x_1', metric: 'm', dataset: null, yyyy_mm_dd: '2026-01-31', suite: 's', tags: {} };

const CONTEXT = aContext({
  suiteName: 'Daily',
  key: new ResultKey('2026-01-31', { region: 'eu', env: 'prod', shard: 3 }),
  timestamp: 1_769_860_800,
  durationMs: 12.345,
  datasources: ['sales', 'users'],
  results: RESULTS,
  symbols: [
    { ...SYMBOL, value: { ok: 1 } },
    { ...SYMBOL, value: { error: 'no such column' } },
  ],
});

const REPORT = `=== Audit report ===
Time: 2026-01-31T12:00:00.000Z
Suite: Daily
Date: 2026-01-31
Tags: env=prod, region=eu, shard=3
Duration: 12.35 ms
Datasets: sales, users
Total checks: 4
Assertions passed: 2 (50.0%)
Assertions failed: 1 (25.0%)
Assertions skipped: 1 (25.0%)
Failures by severity: P0=1
Symbols successful: 1
Symbols failed: 1
====================`;

describe('AuditPlugin', () => {
  let folder: string;
  let logger: RecordingLogger;
  let plugin: AuditPlugin;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'joblib-audit-'));
    logger = new RecordingLogger();
    plugin = new AuditPlugin(logger);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is called audit', () => {
    expect(plugin.metadata().name).toBe('audit');
  });

  it('reports to the log, and to no file unless told to', async () => {
    plugin.initialize({ audit_file: join(folder, 'audit.log') });
    await plugin.process(CONTEXT);
    expect(logger.lines).toEqual([`info: ${REPORT}`]);
    expect(() => readFileSync(join(folder, 'audit.log'))).toThrow('ENOENT');
  });

  it('says None and 0 % where there is nothing', async () => {
    await plugin.process(aContext());
    const lines = logger.lines.join('\n').split('\n');
    expect(lines).toEqual(expect.arrayContaining(['Tags: None', 'Datasets: None', 'Failures by severity: None', 'Total checks: 0']));
    expect(lines).toEqual(expect.arrayContaining(['Assertions passed: 0 (0.0%)', 'Symbols successful: 0', 'Symbols failed: 0']));
  });

  it('appends to its file, whose folder it makes, and stops when it is told so', async () => {
    const file = join(folder, 'new/audit.log');
    plugin.initialize({ log_to_file: true, audit_file: file });
    await plugin.process(CONTEXT);
    await plugin.process(CONTEXT);
    plugin.initialize({});
    await plugin.process(CONTEXT);
    expect(readFileSync(file, 'utf8')).toBe(`${REPORT}\n${REPORT}\n`);
    expect(logger.lines).toHaveLength(3);
  });

  it('logs that its file cannot be written, and does not fail', async () => {
    writeFileSync(join(folder, 'file'), '');
    plugin.initialize({ log_to_file: true, audit_file: join(folder, 'file/audit.log') });
    await plugin.process(CONTEXT);
    expect(logger.lines).toEqual([`info: ${REPORT}`, expect.stringMatching(/^error: Failed to write audit to file: E/)]);
  });

  it.each([{ log_to_file: 'yes' }, { audit_file: 7 }, { audit_file: '' }])('refuses the configuration %j', (config) => {
    expect(() => plugin.initialize(config)).toThrow(TypeError);
  });

  it('reports to the console when it has no logger', async () => {
    const info = jest.spyOn(console, 'info').mockImplementation(() => undefined);
    try {
      await new AuditPlugin().process(CONTEXT);
      expect(info.mock.calls).toEqual([[REPORT]]);
    } finally {
      info.mockRestore();
    }
  });
});
