export { DeliverToPlugin } from './deliver-to-plugin.service.js';
export { HandOutTasks } from './hand-out-tasks.service.js';
export { PluginAudience } from './plugin-audience.service.js';
export { PluginDeliveries } from './plugin-deliveries.service.js';
