import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, TASK_STATUSES, isTaskStatus } from '@joblib/contract';
import type { PageRequest, TaskStatus } from '@joblib/contract';
import { validationError } from './dto-validation.js';

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The page that a query asks for; of a repeated parameter the last value counts.
 * @throws ProblemError `ValidationError` with pointer `?limit` or `?offset`.
 */
export function pageOf(query: Query): PageRequest {
  return {
    limit: wholeNumber(query, 'limit', DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT),
    offset: wholeNumber(query, 'offset', 0, Number.MAX_SAFE_INTEGER),
  };
}

/** @throws ProblemError `ValidationError` with pointer `?status`. */
export function statusOf(query: Query): TaskStatus | undefined {
  const status = lastValue(query, 'status');
  if (status === undefined || isTaskStatus(status)) return status;
  throw validationError([{ pointer: '?status', detail: `must be one of ${TASK_STATUSES.join(', ')}` }]);
}

/** Gives a handler the page that its request asks for. */
export const PageQuery = createParamDecorator((_data: unknown, context: ExecutionContext): PageRequest => pageOf(queryOf(context)));

/** Gives a handler the task status that its request asks for, if any. */
export const StatusQuery = createParamDecorator((_data: unknown, context: ExecutionContext): TaskStatus | undefined =>
  statusOf(queryOf(context)),
);

function queryOf(context: ExecutionContext): Query {
  return context.switchToHttp().getRequest<FastifyRequest>().query as Query;
}

function lastValue(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'object' ? value.at(-1) : value;
}

function wholeNumber(query: Query, name: string, byDefault: number, most: number): number {
  const text = lastValue(query, name);
  if (text === undefined) return byDefault;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw validationError([{ pointer: `?${name}`, detail: `must be a whole number from 0 to ${most}` }]);
}
