import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DEFAULT_PAGE_LIMIT, DELIVERY_STATUSES, MAX_PAGE_LIMIT, TASK_STATUSES } from '@joblib/contract';
import type { DeliveryStatus, PageRequest, TaskStatus } from '@joblib/contract';
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
  return oneOf(TASK_STATUSES, query, 'status');
}

/** @throws ProblemError `ValidationError` with pointer `?status`. */
export function deliveryStatusOf(query: Query): DeliveryStatus | undefined {
  return oneOf(DELIVERY_STATUSES, query, 'status');
}

/** Gives a handler the page that its request asks for. */
export const PageQuery = createParamDecorator((_data: unknown, context: ExecutionContext): PageRequest => pageOf(queryOf(context)));

/** Gives a handler the task status that its request asks for, if any. */
export const StatusQuery = createParamDecorator((_data: unknown, context: ExecutionContext): TaskStatus | undefined =>
  statusOf(queryOf(context)),
);

/** Gives a handler the status of deliveries that its request asks for, if any. */
export const DeliveryStatusQuery = createParamDecorator((_data: unknown, context: ExecutionContext): DeliveryStatus | undefined =>
  deliveryStatusOf(queryOf(context)),
);

function queryOf(context: ExecutionContext): Query {
  return context.switchToHttp().getRequest<FastifyRequest>().query as Query;
}

function lastValue(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'object' ? value.at(-1) : value;
}

function oneOf<Word extends string>(words: readonly Word[], query: Query, name: string): Word | undefined {
  const text = lastValue(query, name);
  const word = words.find((each) => each === text);
  if (text === undefined || word !== undefined) return word;
  throw validationError([{ pointer: `?${name}`, detail: `must be one of ${words.join(', ')}` }]);
}

function wholeNumber(query: Query, name: string, byDefault: number, most: number): number {
  const text = lastValue(query, name);
  if (text === undefined) return byDefault;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw validationError([{ pointer: `?${name}`, detail: `must be a whole number from 0 to ${most}` }]);
}
