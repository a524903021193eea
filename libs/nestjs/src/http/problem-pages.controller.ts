import { Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, ProblemError } from '@joblib/contract';
import type { ProblemType } from '@joblib/contract';
import { PROBLEMS_PATH } from './base-path.js';
import { JoblibController } from './joblib-controller.decorator.js';
import { JSON_CONTENT_TYPE } from './json-reply.js';
import { prefersHtml, problemTypePage, problemTypeView, problemTypesPage } from './problem-page.js';

const PROBLEM_TYPES: readonly ProblemType[] = Object.values(PROBLEMS);

/** What the `type` of a problem document leads to; for everybody, without a token. */
@JoblibController('', PROBLEMS_PATH, 'problems')
export class ProblemPagesController {
  @Get()
  list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string {
    return negotiated(request, reply, problemTypesPage(PROBLEM_TYPES), { items: PROBLEM_TYPES.map(problemTypeView) });
  }

  @Get(':id')
  read(@Param('id') id: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string {
    const problem = PROBLEM_TYPES.find((each) => each.id === id);
    if (problem === undefined) throw new ProblemError('NotFound', `There is no problem type '${id}'.`);
    return negotiated(request, reply, problemTypePage(problem), problemTypeView(problem));
  }
}

function negotiated(request: FastifyRequest, reply: FastifyReply, html: string, json: Record<string, unknown>): string {
  const isHtml = prefersHtml(request.headers.accept);
  reply.header('vary', 'Accept').header('content-type', isHtml ? 'text/html; charset=utf-8' : JSON_CONTENT_TYPE);
  if (isHtml) reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  return isHtml ? html : JSON.stringify(json);
}
