import { randomBytes } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { answerBrokenRequest, answerFrameworkError } from './unreadable-request.js';

/** Room for the longest full name (765 code points, up to 12 characters each when percent-encoded) and a long token. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How long a client may take to send a whole request. */
const REQUEST_TIMEOUT_MS = 300_000;

/** The HTTP server, set up so that every refusal of its own is a problem document. */
export function createFastifyAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    // No address is longer than all headers, so the router never cuts a parameter.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Keys such as `__proto__` are data here.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    genReqId: requestIds(),
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerBrokenRequest,
    // What still arrives over open connections during a stop is served.
    return503OnClosing: false,
  });
}

/** Short, and unlike those of an earlier start in the same log. */
function requestIds(): () => string {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return () => `${start}-${(count += 1).toString(36)}`;
}
