import { SERVICE_HEALTHS, SERVICE_STATES } from '../services.js';
import type { ServiceView } from '../services.js';
import { nullable, objectSchema, pageSchema, time } from './schema-kit.js';
import type { SchemaObject } from './types.js';

export const managedServiceSchemas: Record<string, SchemaObject> = {
  Service: objectSchema<ServiceView>('A program or a container that a server runs.', {
    name: { type: 'string' },
    kind: { type: 'string', description: '`process`, `container`, or what a host calls it.' },
    state: { type: 'string', enum: [...SERVICE_STATES] },
    health: { type: 'string', enum: [...SERVICE_HEALTHS], description: '`unknown` unless it runs.' },
    restarts: { type: 'integer', minimum: 0, description: 'How often its server started it again by itself.' },
    started_at: nullable({ ...time, description: 'Since when it runs.' }),
    last_error: nullable({ type: 'string' }),
    requires: { type: 'array', items: { type: 'string' }, description: 'Names of services that run before it is started.' },
    server: { type: 'string', description: 'Whose it is, for people: `<host name>:<process id>`.' },
  }),
  ServicePage: pageSchema('A page of services.', 'Service'),
};
