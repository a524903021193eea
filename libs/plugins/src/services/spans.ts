import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';

import { isError, sentenceOf } from '../logger.js';

/** The phases of a service's life that can be traced. */
export type ServicePhase = 'plugin_start' | 'plugin_health_check' | 'plugin_stop' | 'plugin_cleanup';

/** The attribute of every span that has the service's name. */
export const SERVICE_NAME_ATTRIBUTE = 'joblib.service.name';

/** The application's tracer; a no-op one where it has set up none. */
export function defaultTracer(): Tracer {
  return trace.getTracer('@joblib/plugins');
}

/** Runs one phase in a span of its own, which ends with it and has what it failed with. */
export function inSpan<Answer>(
  tracer: Tracer,
  phase: ServicePhase,
  serviceName: string,
  work: (span: Span) => Promise<Answer>,
): Promise<Answer> {
  return tracer.startActiveSpan(phase, { attributes: { [SERVICE_NAME_ATTRIBUTE]: serviceName } }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(isError(error) ? error : sentenceOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: sentenceOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
