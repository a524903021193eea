import { Inject, Injectable, Optional } from '@nestjs/common';
import { SERVICE_STATES, Supervisor } from '@joblib/plugins/services';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Up to the longest that a check may take when nothing else is said. */
const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5];

/** How the services of this server are; nothing without any. States are read when somebody asks, checks are counted as they happen. */
@Injectable()
export class ServiceMetrics {
  constructor(registry: Registry, @Optional() @Inject(Supervisor) supervisor: Supervisor | null) {
    if (supervisor === null) return;
    const registers = [registry];
    showStates(supervisor, registers);
    showRestarts(supervisor, registers);
    const checks = new Histogram({
      name: 'joblib_service_health_check_duration_seconds',
      help: 'How long health checks took, by what they came to.',
      labelNames: ['service', 'status'],
      buckets: BUCKETS_SECONDS,
      registers,
    });
    supervisor.onHealthCheck(({ serviceName, status, latencyMs }) => checks.observe({ service: serviceName, status }, latencyMs / 1000));
  }
}

function showStates(supervisor: Supervisor, registers: Registry[]): void {
  const states: Gauge<'service' | 'state'> = new Gauge({
    name: 'joblib_service_state',
    help: '1 for the state that the service is in, else 0.',
    labelNames: ['service', 'state'],
    registers,
    collect: () => {
      for (const { name, state } of supervisor.list()) {
        for (const each of SERVICE_STATES) states.set({ service: name, state: each }, each === state ? 1 : 0);
      }
    },
  });
  const healthy: Gauge<'service'> = new Gauge({
    name: 'joblib_service_healthy',
    help: '1 while the service runs and is healthy, else 0.',
    labelNames: ['service'],
    registers,
    collect: () => {
      for (const { name, health } of supervisor.list()) healthy.set({ service: name }, health === 'healthy' ? 1 : 0);
    },
  });
}

function showRestarts(supervisor: Supervisor, registers: Registry[]): void {
  const restarts: Counter<'service'> = new Counter({
    name: 'joblib_service_restarts_total',
    help: 'How often the service was started again by itself.',
    labelNames: ['service'],
    registers,
    collect: () => {
      restarts.reset();
      for (const { name, restarts: count } of supervisor.list()) restarts.inc({ service: name }, count);
    },
  });
}
