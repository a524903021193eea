import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, Identity } from '../ports/index.js';
import { rememberRequest, stateOf } from './request-state.js';
import type { RequestState } from './request-state.js';

/**
 * Asks the host who is calling, before anything of the body is read.
 * @throws ProblemError `Unauthorized`, or whatever the host's `Identity` rejects with.
 */
export function authenticate(identity: Identity, request: FastifyRequest, reply: FastifyReply): Promise<RequestState> {
  return identity
    .authenticate({ authorization: request.headers.authorization, request })
    .then((caller) => rememberRequest(request, caller, reply));
}

/** Who sent this request to one of our routes. */
export function callerOf(request: FastifyRequest): Caller {
  return stateOf(request).caller;
}

/** Gives a handler the authenticated `Caller`. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
