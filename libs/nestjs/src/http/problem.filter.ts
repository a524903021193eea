import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from '@joblib/contract';
import { problemOf } from './problem-of.js';

/** Answers with the problem document of an error, unless an answer is already on its way. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, headers, document } = problemOf(error, request);
  if (reply.sent || reply.raw.headersSent) return;
  // Bytes and not text: Fastify adds a charset to text, which this media type does not have.
  reply
    .code(status)
    .headers(headers)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(document)));
}

/** Bound to our own controllers only: a host's filters and errors are its own. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
