import { describe, expect, it } from '@jest/globals';
import { Supervisor } from '@joblib/plugins/services';
import type { ServicePlugin } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';
import { Registry } from 'prom-client';
import { ServiceMetrics } from './service-metrics.js';

const CACHE: ServicePlugin = {
  name: 'cache',
  start: async () => ({ id: '1', serviceName: 'cache', metadata: {} }),
  healthCheck: async () => 'healthy',
  stop: async () => undefined,
  forceStop: async () => undefined,
  cleanup: async () => undefined,
};

describe('ServiceMetrics', () => {
  it('shows state, health, restarts and checks of each service', async () => {
    const registry = new Registry();
    await using supervisor = new Supervisor([{ plugin: CACHE }], { logger: new RecordingLogger() });
    void new ServiceMetrics(registry, supervisor);
    expect(await registry.metrics()).toContain('joblib_service_state{service="cache",state="initialized"} 1');
    await supervisor.start('cache');
    const text = await registry.metrics();
    for (const line of [
      'joblib_service_state{service="cache",state="initialized"} 0',
      'joblib_service_state{service="cache",state="running"} 1',
      'joblib_service_healthy{service="cache"} 1',
      'joblib_service_restarts_total{service="cache"} 0',
      'joblib_service_health_check_duration_seconds_count{service="cache",status="healthy"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('shows nothing where there are no services', async () => {
    const registry = new Registry();
    void new ServiceMetrics(registry, null);
    expect(await registry.metrics()).toBe('\n');
  });
});
