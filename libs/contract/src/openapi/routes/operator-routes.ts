import type { Route } from './route.js';

/** For operators and tools. */
export const operatorRoutes = [
  {
    operationId: 'listProblemPages',
    method: 'GET',
    path: '/v1/problems',
    summary: 'List every kind of problem',
    problems: ['InternalError'],
  },
  {
    operationId: 'getProblemPage',
    method: 'GET',
    path: '/v1/problems/{problem_id}',
    summary: 'Explain a kind of problem',
    problems: ['MalformedAddress', 'NotFound', 'InternalError'],
  },
  {
    operationId: 'getLiveness',
    method: 'GET',
    path: '/health/live',
    summary: 'Is the process alive',
    problems: ['InternalError'],
  },
  {
    operationId: 'getReadiness',
    method: 'GET',
    path: '/health/ready',
    summary: 'Can it serve',
    problems: ['InternalError'],
  },
  {
    operationId: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics',
    problems: ['InternalError'],
  },
  {
    operationId: 'getDocsPage',
    method: 'GET',
    path: '/docs',
    summary: 'This API as a page',
    problems: ['InternalError'],
  },
  {
    operationId: 'getOpenApi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI document',
    problems: ['InternalError'],
  },
] as const satisfies readonly Route[];
