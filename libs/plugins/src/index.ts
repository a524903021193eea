export { PluginManager } from './manager/plugin-manager.js';
export type { PluginDescription, PluginOutcome } from './manager/plugin-manager.js';
export type { PluginConfigMap, PluginManagerOptions } from './manager/plugin-manager-options.js';
export { PluginMetadata } from './plugin-metadata.js';
export type { PluginMetadataFields } from './plugin-metadata.js';
export type { Accepts, AnyPostProcessor, PluginConfig, PostProcessor, PostProcessorOfClass } from './post-processor.js';
export { PluginRegistrationError } from './plugin-registration-error.js';
export { PluginNotFoundError, PluginThreadError, PluginTimeLimitError } from './plugin-run-errors.js';
export type { PluginLogger } from './logger.js';
export { PluginExecutionContext } from './context/plugin-execution-context.js';
export type { PluginExecutionContextFields } from './context/plugin-execution-context.js';
export type { AssertionResult, AssertionResultInput, AssertionStatus, MetricOutcome, Tags } from './context/assertion-result.js';
export { ResultKey } from './context/result-key.js';
export { SEVERITIES } from './context/severity.js';
export type { Severity, SeverityCounts } from './context/severity.js';
export type { SymbolInfo, SymbolValue } from './context/symbol-info.js';
export type { TaskSnapshot } from './context/task-snapshot.js';
export { AuditPlugin } from './built-in/audit-plugin.js';
export { CONFIGURED_BUILT_INS, builtInPlugins } from './built-in/built-in-plugins.js';
export { DatabaseWriterPlugin } from './built-in/database-writer/database-writer-plugin.js';
export { EmailAlertsPlugin } from './built-in/email-alerts/email-alerts-plugin.js';
export { PrometheusPlugin } from './built-in/prometheus-plugin.js';
export { WebhookPlugin } from './built-in/webhook/webhook-plugin.js';
export { WorkflowTriggerPlugin } from './built-in/workflow-trigger-plugin.js';
export type {
  PluginColumnType,
  PluginCounter,
  PluginHistogram,
  PluginHost,
  PluginLabels,
  PluginMetricDefinition,
  PluginMetrics,
  PluginRow,
  PluginSubmission,
  PluginTable,
  PluginTableDefinition,
} from './built-in/plugin-host.js';
export { readReport } from './report/verification-report.js';
export type { ReportReading, VerificationReport } from './report/verification-report.js';
export { contextOfTask } from './report/context-of-task.js';
