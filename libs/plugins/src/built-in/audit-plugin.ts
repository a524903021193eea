import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { CONSOLE_LOGGER, sentenceOf } from '../logger.js';
import type { PluginLogger } from '../logger.js';
import { PluginMetadata } from '../plugin-metadata.js';
import type { PluginConfig } from '../post-processor.js';
import { auditReport } from './audit-report.js';
import { readConfig } from './settings/config-reader.js';

export const AUDIT_KEYS = ['log_to_file', 'audit_file'] as const;

/** Writes a report on every run to the log, and on request to the end of a file. */
export class AuditPlugin {
  #auditFile: string | undefined;

  constructor(private readonly logger: PluginLogger = CONSOLE_LOGGER) {}

  metadata(): PluginMetadata {
    return new PluginMetadata({
      name: 'audit',
      version: '1.0.0',
      author: 'joblib',
      description: 'Reports every run to the log, and to a file on request.',
      capabilities: ['audit', 'logging'],
    });
  }

  /** `{ log_to_file?: boolean, audit_file?: string }`. @throws TypeError which names the key that is wrong. */
  initialize(config: PluginConfig): void {
    const { isToFile, auditFile } = readConfig(config, 'audit', AUDIT_KEYS, (reader) => ({
      isToFile: reader.flagOr('log_to_file', false),
      auditFile: reader.textOr('audit_file', 'audit.log'),
    }));
    this.#auditFile = isToFile ? auditFile : undefined;
  }

  /** A file that cannot be written is one line in the log, and no failure: the report is in the log already. */
  async process(context: PluginExecutionContext): Promise<void> {
    const report = auditReport(context);
    this.logger.info(report);
    if (this.#auditFile === undefined) return;
    try {
      await mkdir(dirname(this.#auditFile), { recursive: true });
      await appendFile(this.#auditFile, `${report}\n`);
    } catch (error) {
      this.logger.error(`Failed to write audit to file: ${sentenceOf(error)}`);
    }
  }
}
