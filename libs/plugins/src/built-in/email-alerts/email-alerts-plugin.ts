import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import { CONSOLE_LOGGER, sentenceOf } from '../../logger.js';
import type { PluginLogger } from '../../logger.js';
import { PluginMetadata } from '../../plugin-metadata.js';
import type { Accepts, PluginConfig, PostProcessor } from '../../post-processor.js';
import { hasFailureOf } from '../settings/condition.js';
import { contextView } from '../template/context-view.js';
import { PluginSettings } from '../settings/plugin-settings.js';
import { fillText } from '../template/template.js';
import { alertText } from './alert-text.js';
import { readEmailSettings } from './email-settings.js';
import type { EmailSettings } from './email-settings.js';
import { sendMail } from './send-mail.js';

/** Sends a mail when assertions of some severities failed; one that accepts tasks also when a task failed. */
export class EmailAlertsPlugin implements PostProcessor {
  readonly #settings: PluginSettings<EmailSettings>;

  /** `{ smtp: { host, … }, from, to, … }`, see the README. @throws TypeError which names the key that is wrong. */
  constructor(
    config: PluginConfig,
    private readonly logger: PluginLogger = CONSOLE_LOGGER,
  ) {
    this.#settings = new PluginSettings(readEmailSettings, config);
  }

  get accepts(): Accepts {
    return this.#settings.accepts;
  }

  metadata(): PluginMetadata {
    return new PluginMetadata({
      name: 'email_alerts',
      version: '1.0.0',
      author: 'joblib',
      description: 'Sends a mail when assertions failed.',
      capabilities: ['notification', 'email'],
    });
  }

  /** @throws TypeError as the constructor. */
  initialize(config: PluginConfig): void {
    this.#settings.update(config);
  }

  /**
   * A recipient that is refused beside others is one line in the log: another attempt would reach the others twice.
   * @throws Error which names the mail server, when that takes the mail for nobody.
   */
  async process(context: PluginExecutionContext): Promise<void> {
    const { smtp, from, to, severities, subject } = this.#settings.current;
    const isFailedTask = this.accepts === 'tasks' && context.task?.status === 'failed';
    if (!isFailedTask && !hasFailureOf(severities, context)) return;
    const mail = { from, to, subject: fillText(subject, contextView(context)), text: alertText(context) };
    try {
      const refused = await sendMail(smtp, { ...mail, messageId: `${encodeURIComponent(context.executionId)}@joblib.invalid` });
      if (refused.length > 0) this.logger.warn(`${smtp.host}:${smtp.port} refused to send an alert to ${refused.join(', ')}`);
    } catch (error) {
      throw new Error(`The mail was not sent by ${smtp.host}:${smtp.port}: ${sentenceOf(error)}`, { cause: error });
    }
  }
}
