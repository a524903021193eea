import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { sendProblem } from '@joblib/nestjs';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers everything that fails outside of the library, unknown addresses included, with the same kind of document. */
@Catch()
export class ServiceProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
