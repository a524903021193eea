import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { FastifyRequest } from 'fastify';

const PRINTABLE_ASCII = /^[\x20-\x7e]{1,255}$/;
const HEADER = 'Idempotency-Key';

/** Gives a handler the `Idempotency-Key` header, `undefined` when there is none. @throws ProblemError `ValidationError` */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined => {
  const key = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  if (key !== undefined) assertIdempotencyKey(key, HEADER);
  return key;
});

/** @throws ProblemError `ValidationError` naming `pointer`. */
export function assertIdempotencyKey(key: unknown, pointer: string): asserts key is string {
  if (typeof key === 'string' && PRINTABLE_ASCII.test(key)) return;
  const detail = 'must be 1–255 printable ASCII characters';
  const subject = pointer === HEADER ? `The header ${HEADER}` : `'${pointer}'`;
  throw new ProblemError('ValidationError', `${subject} ${detail}.`, { errors: [{ pointer, detail }] });
}
