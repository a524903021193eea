import { ANY, BODY, PATH } from './route.js';
import type { Route } from './route.js';

/** What reacts to tasks that end, and how they reach it. */
export const pluginRoutes = [
  {
    operationId: 'listPlugins',
    method: 'GET',
    path: '/v1/joblib/plugins',
    summary: 'List the plugins of this server',
    problems: [...ANY, 'ValidationError'],
  },
  {
    operationId: 'listDeliveries',
    method: 'GET',
    path: '/v1/joblib/plugins/{plugin_name}/deliveries',
    summary: 'List what a plugin was given, or is to be given',
    problems: [...ANY, ...PATH, 'ValidationError', 'PluginNotFound'],
  },
  {
    operationId: 'retryDelivery',
    method: 'POST',
    path: '/v1/joblib/plugins/{plugin_name}/deliveries/{delivery_id}/retry',
    summary: 'Begin a delivery anew that has failed for good',
    problems: [...ANY, ...PATH, ...BODY, 'DeliveryNotFound', 'Forbidden', 'DeliveryNotFailed'],
  },
] as const satisfies readonly Route[];
