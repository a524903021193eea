import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';

import { JoblibCoreModule } from './joblib-core.module.js';
import { JOBLIB_OPTIONS } from './joblib-options.js';
import type { JoblibAsyncOptions, JoblibRootOptions } from './joblib-options.js';

/**
 * The job and task server as a module: HTTP below `/v1/joblib`, Socket.IO, sweeper. It needs a database and an `IDENTITY`; every other
 * token has a safe default. Nothing global of the host is touched.
 * @example JoblibModule.forRoot({ dataSource, migrate: true, overrides: [{ provide: IDENTITY, useClass: SessionIdentity }] })
 */
@Module({})
export class JoblibModule {
  static forRoot({ imports, overrides, gateway, ...options }: JoblibRootOptions): DynamicModule {
    return around({ imports, overrides, gateway }, { provide: JOBLIB_OPTIONS, useValue: options });
  }

  /** The same with options from a factory; `inject` and the overrides see what `imports` export. */
  static forRootAsync({ imports, overrides, gateway, inject, useFactory }: JoblibAsyncOptions): DynamicModule {
    return around({ imports, overrides, gateway }, { provide: JOBLIB_OPTIONS, useFactory, inject: inject ?? [] });
  }
}

function around(...parts: Parameters<typeof JoblibCoreModule.register>): DynamicModule {
  return { module: JoblibModule, imports: [JoblibCoreModule.register(...parts)], exports: [JoblibCoreModule] };
}
