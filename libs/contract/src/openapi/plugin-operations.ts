import { PAGE_PARAMETERS } from './operation.js';
import type { OperationDetails } from './operation.js';
import { answers, body } from './responses.js';
import type { OperationId } from './routes.js';

const tag = 'plugins';

export const pluginOperations = {
  listPlugins: {
    tag,
    description: 'Those of the server that answers; deliveries are those of all servers.',
    parameters: PAGE_PARAMETERS,
    responses: { 200: answers('Plugins, in the order of their registration.', 'PluginPage') },
  },
  listDeliveries: {
    tag,
    description: 'Of any plugin that a server of this database has, or had.',
    parameters: ['delivery_status', ...PAGE_PARAMETERS],
    responses: { 200: answers('Deliveries, newest first.', 'DeliveryPage') },
  },
  retryDelivery: {
    tag,
    description: 'Only what has failed for good; it is then due at once, and has all its attempts again. Needs a superuser.',
    requestBody: body('Empty', false),
    responses: { 202: answers('The delivery, pending again.', 'Delivery') },
  },
} satisfies Partial<Record<OperationId, OperationDetails>>;
