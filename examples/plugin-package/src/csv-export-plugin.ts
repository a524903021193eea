import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { PluginMetadata } from '@joblib/plugins';
import type { AssertionResult, PluginConfig, PluginExecutionContext, PostProcessor } from '@joblib/plugins';

const HEADER = ['yyyy_mm_dd', 'suite', 'check', 'assertion', 'severity', 'status', 'value'];

/** Writes each report as a CSV file: `<folder>/<day>/<execution>.csv`. */
export class CsvExportPlugin implements PostProcessor {
  #folder = 'exports';

  metadata(): PluginMetadata {
    return new PluginMetadata({ name: 'csv_export', version: '1.0.0', author: 'joblib', description: 'Writes each report as a CSV file.' });
  }

  /** `{ folder?: string }`. @throws TypeError when it is something else. */
  initialize({ folder = 'exports' }: PluginConfig): void {
    if (typeof folder !== 'string' || folder === '') throw new TypeError('folder of csv_export must be a path.');
    this.#folder = folder;
  }

  /** The same report twice is the same file twice; a file is whole or not there. */
  async process({ key, executionId, results, signal }: PluginExecutionContext): Promise<void> {
    const file = join(this.#folder, key.yyyy_mm_dd, `${encodeURIComponent(executionId)}.csv`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, [HEADER, ...results.map(cellsOf)].map(lineOf).join(''), { signal });
    await rename(`${file}.part`, file);
  }
}

function cellsOf({ yyyy_mm_dd, suite, check, assertion, severity, status, metric }: AssertionResult): string[] {
  const value = 'value' in metric ? String(metric.value ?? '') : '';
  return [yyyy_mm_dd, suite, check, assertion, severity, status, value];
}

function lineOf(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}
