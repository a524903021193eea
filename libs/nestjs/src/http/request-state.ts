import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../ports/index.js';

/** What we know about one request to our own routes; nothing of it is visible on the request object. */
export interface RequestState {
  readonly caller: Caller;
  readonly reply: FastifyReply;
  /** The `Content-Type` as the client sent it, put back once our parser was chosen. */
  contentType: string | undefined;
  /** Aborted when the client went away; made on first use. */
  gone: AbortSignal | undefined;
}

const STATE = Symbol('joblib request');

type MarkedRequest = FastifyRequest & { [STATE]?: RequestState };

export function rememberRequest(request: FastifyRequest, caller: Caller, reply: FastifyReply): RequestState {
  // A symbol property and not a WeakMap: this runs for every request, and costs a fifth.
  return ((request as MarkedRequest)[STATE] = { caller, reply, contentType: undefined, gone: undefined });
}

/** @throws Error when the route is not one of ours: nothing authenticated the request. */
export function stateOf(request: FastifyRequest): RequestState {
  const state = (request as MarkedRequest)[STATE];
  if (state === undefined) {
    throw new Error(
      `Nothing authenticated ${request.method} ${request.url}: HttpBinding.bind() has to run before its route is registered.`,
    );
  }
  return state;
}
