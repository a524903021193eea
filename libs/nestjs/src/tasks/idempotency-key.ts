import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { FastifyRequest } from 'fastify';

const PRINTABLE_ASCII = /^[\x20-\x7e]{1,255}$/;

/** Gives a handler the `Idempotency-Key` header, `undefined` when there is none. @throws ProblemError `ValidationError` */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined => {
  const key = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  if (key === undefined || (typeof key === 'string' && PRINTABLE_ASCII.test(key))) return key;
  const detail = 'must be 1–255 printable ASCII characters';
  throw new ProblemError('ValidationError', `The header Idempotency-Key ${detail}.`, { errors: [{ pointer: 'Idempotency-Key', detail }] });
});
