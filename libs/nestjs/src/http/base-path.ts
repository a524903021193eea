import { BASE_PATH } from '@joblib/contract';
import type { FastifyRequest } from 'fastify';
import type { Area } from './our-routes.js';

/** Where the descriptions of the problem types are served, below whatever global prefix a host has. */
export const PROBLEMS_PATH = '/v1/problems';

const API = /^\/v1\/(?:joblib(?=\/|$)|me$)/;
const PROBLEM_PAGES = /^\/v1\/problems(?=\/|$)/;

/** Which of our two areas a path, without a host's prefix, belongs to; `null` when it is the host's own. */
export function areaOf(path: string): Area | null {
  if (API.test(path)) return 'api';
  return PROBLEM_PAGES.test(path) ? 'problems' : null;
}

/** An address below the base path as whoever made this request would write it: behind a host's prefix where there is one. */
export function addressFor({ url }: Pick<FastifyRequest, 'url'>, path: string): string {
  return url.slice(0, Math.max(0, url.indexOf(BASE_PATH))) + BASE_PATH + path;
}
