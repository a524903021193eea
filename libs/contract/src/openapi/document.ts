import { PROBLEMS } from '../problems.js';
import { jobOperations } from './job-operations.js';
import { jobSchemas } from './job-schemas.js';
import { managedServiceOperations } from './managed-service-operations.js';
import { managedServiceSchemas } from './managed-service-schemas.js';
import { methodKey, toOperation } from './operation.js';
import type { OperationDetails } from './operation.js';
import { headers, parameters } from './parameters.js';
import { pluginOperations } from './plugin-operations.js';
import { pluginSchemas } from './plugin-schemas.js';
import { providerOperations } from './provider-operations.js';
import { providerSchemas } from './provider-schemas.js';
import { problemResponses } from './responses.js';
import { ROUTES, UNROUTED_PROBLEMS } from './routes.js';
import type { OperationId } from './routes.js';
import { serviceOperations } from './service-operations.js';
import { serviceSchemas } from './service-schemas.js';
import { taskOperations } from './task-operations.js';
import { taskSchemas } from './task-schemas.js';
import type { OpenApiDocument, PathItem } from './types.js';
import { workerOperations } from './worker-operations.js';

const OPERATIONS: Readonly<Record<OperationId, OperationDetails>> = {
  ...serviceOperations,
  ...workerOperations,
  ...jobOperations,
  ...taskOperations,
  ...providerOperations,
  ...pluginOperations,
  ...managedServiceOperations,
};

const DESCRIPTION = `Workers register jobs in rooms, people submit tasks to them, everybody in the room sees what happens.

Bodies are JSON with snake_case fields; unknown fields are ignored; an empty body counts as \`{}\`. Times are ISO 8601 in UTC.
Every refusal is an RFC 9457 problem document. Checks run in this order: token (401), shape (400, 413, 415, 422), room (400, 403, 423),
existence (404), ownership (403), state (409). An address that is not served answers 404 \`${PROBLEMS.NotFound.id}\`, a method that an
address does not have 405 \`${PROBLEMS.MethodNotAllowed.id}\`. Live events come over Socket.IO, path \`/socket.io\`.`;

/** The HTTP API as OpenAPI 3.1. Paths, methods and problems are those of `ROUTES`. */
export const openApiDocument: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'joblib', version: '1', description: DESCRIPTION, license: { name: 'MIT' } },
  servers: [{ url: '/', description: 'This server.' }],
  tags: [
    { name: 'identity', description: 'Who is asking.' },
    { name: 'jobs', description: 'What can be done, and by whom.' },
    { name: 'tasks', description: 'What is to be done, and how far it is.' },
    { name: 'workers', description: 'Who does it.' },
    { name: 'providers', description: 'Reads that connected workers answer, and their cache.' },
    { name: 'plugins', description: 'What reacts to tasks that end, and how they reach it.' },
    { name: 'services', description: 'Programs and containers that the servers run.' },
    { name: 'service', description: 'For operators and tools.' },
  ],
  security: [{ bearer: [] }],
  paths: paths(),
  components: {
    schemas: { ...serviceSchemas, ...jobSchemas, ...taskSchemas, ...providerSchemas, ...pluginSchemas, ...managedServiceSchemas },
    parameters,
    headers,
    responses: problemResponses(UNROUTED_PROBLEMS),
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: '`sub` is the user id; `is_superuser: true` makes a superuser.',
      },
    },
  },
};

function paths(): Record<string, PathItem> {
  const items: Record<string, PathItem> = {};
  for (const route of ROUTES) {
    items[route.path] = { ...items[route.path], [methodKey(route.method)]: toOperation(route, OPERATIONS[route.operationId]) };
  }
  return items;
}
