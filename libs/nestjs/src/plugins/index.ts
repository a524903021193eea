export { DeliverToPlugin } from './deliver-to-plugin.service.js';
export { DeliveryAttempts } from './delivery-attempts.js';
export type { DeliveryAttempt, DeliveryOutcome } from './delivery-attempts.js';
export { HandOutTasks } from './hand-out-tasks.service.js';
export { PluginAudience } from './plugin-audience.service.js';
export { PluginDeliveries } from './plugin-deliveries.service.js';
export { PluginsController } from './plugins.controller.js';
export { ReadPlugins } from './read-plugins.service.js';
export { RetryDelivery } from './retry-delivery.service.js';
