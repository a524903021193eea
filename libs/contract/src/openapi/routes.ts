import type { ProblemName } from '../problems.js';
import { jobRoutes } from './routes/job-routes.js';
import { managedServiceRoutes } from './routes/managed-service-routes.js';
import { operatorRoutes } from './routes/operator-routes.js';
import { pluginRoutes } from './routes/plugin-routes.js';
import { providerRoutes } from './routes/provider-routes.js';
import { BASE_PATH, ME_PATH } from './routes/route.js';
import type { HttpMethod, Route } from './routes/route.js';
import { taskRoutes } from './routes/task-routes.js';
import { workerRoutes } from './routes/worker-routes.js';

export { BASE_PATH, ME_PATH };
export type { HttpMethod, Route };

/** Every route that is served, in the order in which a reader of `docs/http-api.md` meets them. */
export const ROUTES = [
  {
    operationId: 'getMe',
    method: 'GET',
    path: '/v1/me',
    summary: 'Who am I',
    problems: ['Unauthorized', 'InternalError'],
  },
  ...jobRoutes,
  ...taskRoutes,
  ...workerRoutes,
  ...providerRoutes,
  ...pluginRoutes,
  ...managedServiceRoutes,
  ...operatorRoutes,
] as const satisfies readonly Route[];

export type OperationId = (typeof ROUTES)[number]['operationId'];

/** Answered where no route matches: by every unknown address, and by a known one with another method. */
export const UNROUTED_PROBLEMS = ['NotFound', 'MethodNotAllowed'] as const satisfies readonly ProblemName[];
