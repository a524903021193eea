import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CLOCK, IDENTITY, JoblibModule } from '@joblib/nestjs';
import type { Clock, Identity, JoblibSettings } from '@joblib/nestjs';
import type { DataSource } from 'typeorm';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';

/** What the modules are made from. */
export interface AppParts {
  readonly dataSource: DataSource;
  readonly migrate: boolean;
  readonly settings: JoblibSettings;
  readonly makeIdentity: (clock: Clock) => Identity;
}

/** The library with this service's database and identity, and what operators want besides. */
@Module({})
export class AppModule {
  static register({ makeIdentity, ...options }: AppParts): DynamicModule {
    const joblib = JoblibModule.forRoot({ ...options, overrides: [{ provide: IDENTITY, useFactory: makeIdentity, inject: [CLOCK] }] });
    return {
      module: AppModule,
      imports: [joblib, { module: HealthModule, imports: [joblib] }, { module: MetricsModule, imports: [joblib] }],
    };
  }
}
