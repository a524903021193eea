import { describe, expect, it } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

import { RecordingLogger } from '../testing/recording-logger.js';
import { FakeServiceClock } from './fake-service-clock.fixture.js';
import { FakeService } from './fake-service.fixture.js';
import { Supervisor } from './supervisor/supervisor.js';

describe('spans', () => {
  it('are made of each phase, with the name of the service and what went wrong', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const service = new FakeService('web');
    const clock = new FakeServiceClock();
    const definition = { plugin: service, policy: { maxRetries: 1, healthIntervalSeconds: 5 } };
    const supervisor = new Supervisor([definition], { clock, logger: new RecordingLogger(), tracer: provider.getTracer('test') });
    service.mood.start = 'throw';
    const started = supervisor.start('web');
    await clock.advance(0);
    service.mood.start = 'ok';
    await clock.advance(1);
    await started;
    service.mood.health = 'throw';
    await clock.advance(5);
    await supervisor.stop('web');

    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name)).toEqual([
      ...['plugin_cleanup', 'plugin_start'],
      ...['plugin_health_check', 'plugin_start'],
      ...['plugin_health_check', 'plugin_stop', 'plugin_cleanup'],
    ]);
    expect(new Set(spans.map(({ attributes }) => attributes['joblib.service.name']))).toEqual(new Set(['web']));
    const failed = spans.filter(({ status }) => Number(status.code) === Number(SpanStatusCode.ERROR));
    expect(failed.map(({ name, status }) => [name, status.message])).toEqual([
      ['plugin_start', 'cannot start'],
      ['plugin_health_check', 'cannot tell'],
    ]);
    expect(failed.map(({ events }) => events.map(({ name }) => name))).toEqual([['exception'], ['exception']]);
    expect(spans[2]?.attributes).toMatchObject({ 'joblib.service.health': 'healthy' });
  });
});
