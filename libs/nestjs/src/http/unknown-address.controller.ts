import { Delete, Get, Patch, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BASE_PATH, ProblemError } from '@joblib/contract';
import { JoblibController } from './joblib-controller.decorator.js';
import { RouteTable } from './route-table.js';

const EVERYTHING = ['', '*'];

/**
 * Answers what no other controller below the base path does; the router prefers any other route. It has no `OPTIONS`: a
 * preflight request belongs to the host's CORS. A method at a time, since `@All` would teach the host's server new methods.
 */
@JoblibController()
export class UnknownAddressController {
  constructor(private readonly routes: RouteTable) {}

  /** Fastify derives `HEAD` from it. */
  @Get(EVERYTHING)
  get(@Req() request: FastifyRequest): never {
    throw unknownAddress(this.routes, request);
  }

  @Post(EVERYTHING)
  post(@Req() request: FastifyRequest): never {
    throw unknownAddress(this.routes, request);
  }

  @Put(EVERYTHING)
  put(@Req() request: FastifyRequest): never {
    throw unknownAddress(this.routes, request);
  }

  @Patch(EVERYTHING)
  patch(@Req() request: FastifyRequest): never {
    throw unknownAddress(this.routes, request);
  }

  @Delete(EVERYTHING)
  delete(@Req() request: FastifyRequest): never {
    throw unknownAddress(this.routes, request);
  }
}

/** `MethodNotAllowed` with `Allow` when the address has other methods, else `NotFound`. */
export function unknownAddress(routes: RouteTable, request: FastifyRequest): ProblemError {
  const { method, url } = request;
  const allowed = routes.methodsOf(url);
  // The method itself is among them when a segment was longer than the router reads: no such thing can exist.
  if (allowed.length === 0 || allowed.includes(method)) {
    return new ProblemError('NotFound', `There is no ${method} ${url} below ${BASE_PATH}.`);
  }
  return new ProblemError('MethodNotAllowed', `${url} has no ${method}; it has ${allowed.join(', ')}.`, {
    headers: { Allow: allowed.join(', ') },
  });
}
