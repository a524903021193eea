import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { CONSOLE_LOGGER, sentenceOf } from '../logger.js';
import type { PluginLogger } from '../logger.js';
import { PluginMetadata } from '../plugin-metadata.js';
import type { PluginConfig } from '../post-processor.js';
import { auditReport } from './audit-report.js';

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

  /** `{ log_to_file?: boolean, audit_file?: string }`. @throws TypeError when they are something else. */
  initialize(config: PluginConfig): void {
    const { log_to_file: isToFile = false, audit_file: auditFile = 'audit.log' } = config;
    if (typeof isToFile !== 'boolean') throw new TypeError('log_to_file of the audit plugin must be true or false.');
    if (typeof auditFile !== 'string' || auditFile === '') throw new TypeError('audit_file of the audit plugin must be a path.');
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
