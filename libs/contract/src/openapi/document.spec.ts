import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from '@jest/globals';

import { PROBLEMS, PROBLEM_TYPE_PREFIX } from '../problems.js';
import type { ProblemName } from '../problems.js';
import { openApiDocument } from './document.js';
import { methodKey, pathParameterNames } from './operation.js';
import { BASE_PATH, ROUTES, UNROUTED_PROBLEMS } from './routes.js';
import type { Route } from './routes.js';
import type { OperationObject } from './types.js';

const routes: readonly Route[] = ROUTES;
const operations = Object.entries(openApiDocument.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation: operation as OperationObject })),
);

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => (key === '$ref' ? [String(child)] : referencesIn(child)));
}

function resolve(reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], openApiDocument);
}

/** Problem ids that an operation lists, with the status it lists them under. */
function listedProblems(operation: OperationObject): string[] {
  return Object.entries(operation.responses).flatMap(([status, response]) => {
    const schema = response.content?.['application/problem+json']?.schema;
    const types = schema?.allOf?.[1]?.properties?.['type']?.enum ?? [];
    return types.map((type) => `${status} ${String(type).replace(PROBLEM_TYPE_PREFIX, '')}`);
  });
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const outcome = await new Validator().validate(structuredClone(openApiDocument) as unknown as Record<string, unknown>);
    expect(outcome).toEqual({ valid: true });
  });

  it('refers only to what it holds, and holds only what it refers to', () => {
    const references = new Set(referencesIn(openApiDocument));
    expect([...references].filter((reference) => resolve(reference) === undefined)).toEqual([]);
    const { schemas, parameters, headers } = openApiDocument.components;
    const held = Object.entries({ schemas, parameters, headers }).flatMap(([kind, entries]) =>
      Object.keys(entries).map((name) => `#/components/${kind}/${name}`),
    );
    expect(held.filter((reference) => !references.has(reference))).toEqual([]);
  });

  it('has exactly the routes of the table', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`).sort();
    expect(documented).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('lists the problems of %s by status', (_, route) => {
    const operation = openApiDocument.paths[route.path]?.[methodKey(route.method)];
    const expected = route.problems.map((name) => `${PROBLEMS[name].status} ${PROBLEMS[name].id}`);
    expect(operation && listedProblems(operation).sort()).toEqual([...expected].sort());
  });

  it('asks for a token wherever a route may answer unauthorized, and nowhere else', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ operation }) => operation.operationId);
    expect(open.sort()).toEqual(
      routes
        .filter(({ problems }) => !problems.includes('Unauthorized'))
        .map(({ operationId }) => operationId)
        .sort(),
    );
  });

  it('declares each parameter of a path', () => {
    const undeclared = operations.filter(({ path, operation }) => {
      const declared = new Set((operation.parameters ?? []).map((parameter) => ('$ref' in parameter ? parameter.$ref : parameter.name)));
      return pathParameterNames(path).some((name) => !declared.has(`#/components/parameters/${name}`));
    });
    expect(undeclared).toEqual([]);
  });
});

describe('the table of routes', () => {
  it('uses every problem of the catalogue, on a route or where no route matches', () => {
    const used = new Set<ProblemName>([...routes.flatMap(({ problems }) => problems), ...UNROUTED_PROBLEMS]);
    expect(Object.keys(PROBLEMS).filter((name) => !used.has(name as ProblemName))).toEqual([]);
  });

  it('names no problem twice on one route', () => {
    expect(routes.filter(({ problems }) => new Set(problems).size !== problems.length).map(({ operationId }) => operationId)).toEqual([]);
  });

  it('has unique addresses and operation ids', () => {
    expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  it('keeps jobs, tasks and workers below the base path', () => {
    const elsewhere = routes.filter(({ path }) => !path.startsWith(`${BASE_PATH}/`)).map(({ path }) => path);
    expect(elsewhere).toEqual([
      '/v1/me',
      '/v1/problems',
      '/v1/problems/{problem_id}',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/docs',
      '/openapi.json',
    ]);
  });

  it('refuses a malformed address wherever the path has a parameter', () => {
    const mismatched = routes.filter(({ path, problems }) => path.includes('{') !== problems.includes('MalformedAddress'));
    expect(mismatched.map(({ operationId }) => operationId)).toEqual([]);
  });
});
