import type { OperationDetails } from './operation.js';
import { answers } from './responses.js';
import type { OperationId } from './routes.js';
import type { ResponseObject } from './types.js';

const tag = 'service';

export const serviceOperations = {
  getMe: { tag: 'identity', responses: { 200: answers('The caller.', 'Me') } },
  listProblemPages: { tag, isPublic: true, responses: { 200: page('All of them.', 'ProblemTypes') } },
  getProblemPage: { tag, isPublic: true, responses: { 200: page('What it means and what to do.', 'ProblemType') } },
  getLiveness: { tag, isPublic: true, responses: { 200: answers('The process answers.', 'Health') } },
  getReadiness: {
    tag,
    isPublic: true,
    responses: { 200: answers('It can serve.', 'Health'), 503: answers('The database is away.', 'Health', ['Retry-After']) },
  },
  getMetrics: { tag, isPublic: true, responses: { 200: text('Metrics in the Prometheus text format.', 'text/plain') } },
  getDocsPage: { tag, isPublic: true, responses: { 200: text('A page to read and try it.', 'text/html') } },
  getOpenApi: { tag, isPublic: true, responses: { 200: answers('This document.', 'OpenApi') } },
} satisfies Partial<Record<OperationId, OperationDetails>>;

function text(description: string, mediaType: string): ResponseObject {
  return { description, content: { [mediaType]: { schema: { type: 'string' } } } };
}

/** HTML for a browser, JSON for everybody else. */
function page(description: string, schemaName: string): ResponseObject {
  const json = answers(description, schemaName);
  return { description, content: { ...json.content, ...text(description, 'text/html').content } };
}
