import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { FastifyReply } from 'fastify';

/** How our own addresses refuse: `{"studio": "…"}`. */
@Catch()
export class StudioErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const [status, message] = answerTo(error);
    void host.switchToHttp().getResponse<FastifyReply>().code(status).send({ studio: message });
  }
}

function answerTo(error: unknown): [status: number, message: string] {
  if (error instanceof HttpException) return [error.getStatus(), error.message];
  if (error instanceof ProblemError) return [error.type.status, error.message];
  return [500, 'Something broke.'];
}
