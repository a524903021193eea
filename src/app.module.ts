import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CLOCK, IDENTITY, JoblibModule } from '@joblib/nestjs';
import type { Clock, Identity, JoblibSettings } from '@joblib/nestjs';
import type { PluginManager } from '@joblib/plugins';
import { Supervisor } from '@joblib/plugins/services';
import type { DataSource } from 'typeorm';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { SharedRedis } from './redis/shared-redis.js';

/** What the modules are made from. */
export interface AppParts {
  readonly dataSource: DataSource;
  readonly migrate: boolean;
  readonly settings: JoblibSettings;
  /** `null` when the server stands alone. */
  readonly redis: SharedRedis | null;
  /** Closed by whoever opened them. */
  readonly plugins: PluginManager;
  /** `null` when the server has none. Started and disposed by whoever opened them. */
  readonly services: Supervisor | null;
  readonly makeIdentity: (clock: Clock) => Identity;
}

/** The library with this service's database and identity, and what operators want besides. */
@Module({})
export class AppModule {
  static register({ makeIdentity, redis, services, ...options }: AppParts): DynamicModule {
    const identity = { provide: IDENTITY, useFactory: makeIdentity, inject: [CLOCK] };
    const overrides = [identity, ...(redis?.overrides() ?? [])];
    const joblib = JoblibModule.forRoot({ ...options, ...(services === null ? {} : { services }), overrides });
    const observed = {
      imports: [joblib],
      providers: [
        { provide: SharedRedis, useValue: redis },
        { provide: Supervisor, useValue: services },
      ],
    };
    return {
      module: AppModule,
      imports: [joblib, { module: HealthModule, ...observed }, { module: MetricsModule, ...observed }],
    };
  }
}
