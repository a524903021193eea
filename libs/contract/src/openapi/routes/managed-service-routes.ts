import { ANY, BODY, PATH } from './route.js';
import type { Route } from './route.js';

const CALL = [...ANY, ...PATH, ...BODY, 'ServiceNotFound', 'Forbidden', 'InvalidServiceState'] as const;

/** Programs and containers that the servers run, and what may be asked of them. */
export const managedServiceRoutes = [
  {
    operationId: 'listServices',
    method: 'GET',
    path: '/v1/joblib/services',
    summary: 'List the services of all servers',
    problems: [...ANY, 'ValidationError'],
  },
  {
    operationId: 'startService',
    method: 'POST',
    path: '/v1/joblib/services/{service_name}/start',
    summary: 'Start a service',
    problems: CALL,
  },
  {
    operationId: 'stopService',
    method: 'POST',
    path: '/v1/joblib/services/{service_name}/stop',
    summary: 'Stop a service',
    problems: CALL,
  },
  {
    operationId: 'restartService',
    method: 'POST',
    path: '/v1/joblib/services/{service_name}/restart',
    summary: 'Stop a service if it runs, and start it',
    problems: CALL,
  },
  {
    operationId: 'resetService',
    method: 'POST',
    path: '/v1/joblib/services/{service_name}/reset',
    summary: 'Forget that a service failed, or stopped',
    problems: CALL,
  },
] as const satisfies readonly Route[];
