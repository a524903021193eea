import { CONSOLE_LOGGER } from '../logger.js';
import type { PluginLogger } from '../logger.js';
import type { PluginConfig, PostProcessor } from '../post-processor.js';
import { AuditPlugin } from './audit-plugin.js';
import { DatabaseWriterPlugin } from './database-writer/database-writer-plugin.js';
import { EmailAlertsPlugin } from './email-alerts/email-alerts-plugin.js';
import type { PluginHost } from './plugin-host.js';
import { PrometheusPlugin } from './prometheus-plugin.js';
import { WebhookPlugin } from './webhook/webhook-plugin.js';
import { WorkflowTriggerPlugin } from './workflow-trigger-plugin.js';

type Maker = (config: PluginConfig, host: PluginHost, logger: PluginLogger) => PostProcessor;

const MAKERS: Readonly<Record<string, Maker>> = {
  email_alerts: (config, _host, logger) => new EmailAlertsPlugin(config, logger),
  webhook: (config) => new WebhookPlugin(config),
  database_writer: (config, host) => new DatabaseWriterPlugin(config, host),
  workflow_trigger: (config, host) => new WorkflowTriggerPlugin(config, host),
  prometheus: (config, host) => new PrometheusPlugin(config, host),
};

const checkAudit = (config: PluginConfig): void => new AuditPlugin().initialize(config);
const AUDITS = [
  ['audit', checkAudit],
  ['dqx_audit', checkAudit],
] as const;

/** Those that a server has only when they are configured. */
export const CONFIGURED_BUILT_INS: readonly string[] = Object.keys(MAKERS);

/**
 * The built-in plugins that a configuration names, for the option `builtIn` of a manager; one that is not named is not there, and no result
 * waits for it. What the configuration says of `audit`, which is there always, is checked too.
 * @throws TypeError which names the first key that is wrong: `webhook.url is missing`.
 */
export function builtInPlugins(
  config: Readonly<Record<string, unknown>>,
  host: PluginHost,
  logger: PluginLogger = CONSOLE_LOGGER,
): PostProcessor[] {
  const named = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(config, name);
  for (const [name, check] of AUDITS.filter(named)) check(config[name] as PluginConfig);
  return Object.entries(MAKERS)
    .filter(named)
    .map(([name, make]) => make(config[name] as PluginConfig, host, logger));
}
