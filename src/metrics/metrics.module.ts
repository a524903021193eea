import { Module } from '@nestjs/common';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { LibraryMetrics } from './library-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { RedisMetrics } from './redis-metrics.js';
import { RequestDurations } from './request-durations.js';
import { ServiceMetrics } from './service-metrics.js';

/** `GET /metrics`. The registry belongs to the application, so that two of them can live in one process. */
@Module({
  controllers: [MetricsController],
  providers: [
    {
      provide: Registry,
      useFactory: () => {
        const registry = new Registry();
        collectDefaultMetrics({ register: registry });
        return registry;
      },
    },
    RequestDurations,
    LibraryMetrics,
    RedisMetrics,
    ServiceMetrics,
  ],
})
export class MetricsModule {}
