import type { HttpMethod, Route } from './routes.js';
import type { HeaderName, ParameterName } from './parameters.js';
import { parameterRef } from './schema-kit.js';
import { problemResponses } from './responses.js';
import type { OperationObject, PathItem, RequestBodyObject, ResponseObject } from './types.js';

/** What an operation says beyond its route: path parameters and problems come from there. */
export interface OperationDetails {
  readonly tag: string;
  readonly description?: string;
  /** Query and header parameters. */
  readonly parameters?: readonly ParameterName[];
  readonly requestBody?: RequestBodyObject;
  /** Answers other than problems, by status. */
  readonly responses: Readonly<Record<string, ResponseObject>>;
  /** No token needed. */
  readonly isPublic?: boolean;
}

/** Names of the `{parameters}` of a path template. */
export function pathParameterNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

/** The key of a method in a path item. */
export function methodKey(method: HttpMethod): keyof PathItem {
  return method.toLowerCase() as Lowercase<HttpMethod>;
}

/** Route and details, put together. */
export function toOperation(route: Route, details: OperationDetails): OperationObject {
  const parameterNames = [...pathParameterNames(route.path), ...(details.parameters ?? [])];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(details.description === undefined ? {} : { description: details.description }),
    tags: [details.tag],
    ...(details.isPublic ? { security: [] } : {}),
    ...(parameterNames.length === 0 ? {} : { parameters: parameterNames.map(parameterRef) }),
    ...(details.requestBody === undefined ? {} : { requestBody: details.requestBody }),
    responses: { ...details.responses, ...problemResponses(route.problems) },
  };
}

/** Parameters of every list. */
export const PAGE_PARAMETERS = ['limit', 'offset'] as const satisfies readonly ParameterName[];

/** Headers of an answer to a submission. */
export const SUBMITTED_HEADERS = ['Location', 'Retry-After'] as const satisfies readonly HeaderName[];
