import { DELIVERY_STATUSES } from '../plugins.js';
import type { DeliveryView, PluginView } from '../plugins.js';
import { nullable, objectSchema, pageSchema, schemaRef, time, uuid } from './schema-kit.js';
import type { SchemaObject } from './types.js';

const count: SchemaObject = { type: 'integer', minimum: 0 };

export const pluginSchemas: Record<string, SchemaObject> = {
  DeliveryStatus: { type: 'string', enum: [...DELIVERY_STATUSES] },
  Plugin: objectSchema<PluginView>('What reacts to tasks that end.', {
    name: { type: 'string' },
    version: { type: 'string' },
    author: { type: 'string' },
    description: { type: 'string' },
    capabilities: { type: 'array', items: { type: 'string' } },
    source: { type: 'string', description: '`built-in`, `instance`, or where its class was found.' },
    deliveries: objectSchema<PluginView['deliveries']>('How many there are of each status, over all servers.', {
      pending: count,
      delivered: count,
      failed: count,
    }),
    last_error: nullable({
      type: 'string',
      description: 'What the youngest delivery that failed, and has not been delivered since, failed with last.',
    }),
  }),
  PluginPage: pageSchema('A page of plugins.', 'Plugin'),
  Delivery: objectSchema<DeliveryView>('A task on its way to a plugin.', {
    id: uuid,
    plugin: { type: 'string', description: 'Its name.' },
    task_id: uuid,
    status: schemaRef('DeliveryStatus'),
    attempts: { ...count, description: 'How often it was begun since it was made, or since the last retry.' },
    created_at: time,
    next_attempt_at: nullable(time),
    delivered_at: nullable(time),
    error: nullable({ type: 'string', description: 'What the last attempt failed with.' }),
  }),
  DeliveryPage: pageSchema('A page of deliveries.', 'Delivery'),
};
