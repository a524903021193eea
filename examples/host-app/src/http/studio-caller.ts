import { Inject, Injectable, createParamDecorator } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { IDENTITY } from '@joblib/nestjs';
import type { Caller, Identity } from '@joblib/nestjs';
import type { FastifyRequest } from 'fastify';

type StudioRequest = FastifyRequest & { studioCaller?: Caller };

/** Our own addresses know people by the same tokens. */
@Injectable()
export class StudioGuard implements CanActivate {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<StudioRequest>();
    request.studioCaller = await this.identity.authenticate({ authorization: request.headers.authorization, request });
    return true;
  }
}

/** Gives a handler behind the guard whoever calls. */
export const StudioCaller = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Caller | undefined => context.switchToHttp().getRequest<StudioRequest>().studioCaller,
);
