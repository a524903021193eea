import { Module } from '@nestjs/common';
import type { DynamicModule, NestModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

import { defaultProviders } from './default-providers.js';
import { JoblibGateway, JoinRooms, OfferPendingTask, ProviderAdmission, SocketEventPublisher, WorkerPresence } from './gateway/index.js';
import { HttpBinding, ProblemPagesController, RouteTable, UnknownAddressController } from './http/index.js';
import { InternalJobs, InternalRunner, InternalTasks } from './internal/index.js';
import type { JoblibModuleExtras } from './joblib-options.js';
import { JOBLIB_TOKENS, assertOverrides } from './joblib-overrides.js';
import { JobsController, ReadJobs, RegisterJob } from './jobs/index.js';
import { SchemaChecker } from './json-schema/index.js';
import { DatabaseHealth, JoblibStats } from './observability/index.js';
import { DATABASE_READY, OwnedDataSource } from './owned-data-source.js';
import {
  ClaimGates,
  ClaimStore,
  DeliveryListStore,
  DeliveryStore,
  JobStore,
  LeaseStore,
  Outbox,
  ProviderStore,
  ServiceStore,
  SubmissionKeyStore,
  TaskListStore,
  TaskStore,
  TimeOrderedIds,
  UnitOfWork,
  WorkerStore,
} from './persistence/index.js';
import {
  DeliverToPlugin,
  DeliveryAttempts,
  HandOutTasks,
  PluginAudience,
  PluginDeliveries,
  PluginsController,
  ReadPlugins,
  RetryDelivery,
} from './plugins/index.js';
import {
  HeldReads,
  InternalProviders,
  InternalReads,
  ProviderAudience,
  ProviderLookup,
  ProviderRequests,
  Providers,
  ProvidersController,
  ReadProvider,
  RegisterProvider,
  ResultCache,
  StoreResult,
  UploadResult,
} from './providers/index.js';
import { RoomAccess } from './rooms/index.js';
import {
  CallService,
  OfferTasks,
  OwnServices,
  ReadServices,
  ServiceExchange,
  ServiceGates,
  ServiceRounds,
  ServicesController,
} from './services/index.js';
import { DeliveryRetention, Sweeper, SweepTimers, SweeperSchedule, TaskRetention } from './sweeper/index.js';
import {
  ClaimOperation,
  ClaimTasks,
  ClaimTasksController,
  HeldClaims,
  HeldPolls,
  HostCalls,
  JoblibTasks,
  ReadTasks,
  ReportOperation,
  ReportTasks,
  StopSignal,
  SubmissionReplay,
  SubmitOperation,
  SubmitTasks,
  SubmitTasksController,
  TasksController,
} from './tasks/index.js';
import { MeController, WorkerCleanup, Workers, WorkersController } from './workers/index.js';

const CONTROLLERS = [
  MeController,
  WorkersController,
  JobsController,
  SubmitTasksController,
  ClaimTasksController,
  TasksController,
  ProvidersController,
  PluginsController,
  ServicesController,
  ProblemPagesController,
  UnknownAddressController,
];

const STORES = [
  UnitOfWork,
  TimeOrderedIds,
  JobStore,
  WorkerStore,
  TaskStore,
  TaskListStore,
  ClaimGates,
  ClaimStore,
  SubmissionKeyStore,
  LeaseStore,
  ProviderStore,
  Outbox,
  DeliveryStore,
  DeliveryListStore,
  ServiceStore,
];

const FEATURES = [
  RegisterJob,
  ReadJobs,
  Workers,
  WorkerCleanup,
  SubmissionReplay,
  SubmitOperation,
  SubmitTasks,
  ClaimOperation,
  ClaimTasks,
  HeldClaims,
  ReportOperation,
  ReportTasks,
  ReadTasks,
  HeldPolls,
  HostCalls,
  JoblibTasks,
  ProviderLookup,
  ProviderAudience,
  ResultCache,
  StoreResult,
  InternalProviders,
  InternalReads,
  ProviderRequests,
  HeldReads,
  RegisterProvider,
  Providers,
  ReadProvider,
  UploadResult,
  InternalJobs,
  InternalTasks,
  InternalRunner,
  PluginAudience,
  HandOutTasks,
  DeliverToPlugin,
  PluginDeliveries,
  DeliveryAttempts,
  ReadPlugins,
  RetryDelivery,
  OwnServices,
  ServiceGates,
  OfferTasks,
  ServiceExchange,
  ServiceRounds,
  ReadServices,
  CallService,
  TaskRetention,
  DeliveryRetention,
  Sweeper,
  SweeperSchedule,
  DatabaseHealth,
  JoblibStats,
  // Also for a host that switches our gateway off and serves Socket.IO itself.
  WorkerPresence,
  ProviderAdmission,
  OfferPendingTask,
  JoinRooms,
  SocketEventPublisher,
];

/** What a host application may inject. */
const EXPORTED = [
  JoblibTasks,
  JoinRooms,
  SocketEventPublisher,
  WorkerCleanup,
  Sweeper,
  DatabaseHealth,
  JoblibStats,
  SubmitTasks,
  ClaimTasks,
  ReportTasks,
  ReadTasks,
  HeldPolls,
  HeldClaims,
];

const IMPORTED_TWICE =
  'JoblibModule.forRoot was called more than once for this application: call it once, and import the module that it returned ' +
  'wherever it is needed.';

/** The one place where the defaults meet a host's overrides. */
@Module({})
export class JoblibCoreModule implements NestModule, OnApplicationShutdown {
  constructor(
    private readonly http: HttpBinding,
    private readonly schemas: SchemaChecker,
    modules: ModulesContainer,
  ) {
    const copies = [...modules.values()].filter(({ metatype }) => metatype === JoblibCoreModule);
    if (copies.length > 1) throw new Error(IMPORTED_TWICE);
  }

  static register({ imports = [], overrides = [], gateway = true }: JoblibModuleExtras, options: Provider): DynamicModule {
    assertOverrides(overrides);
    const defaults = defaultProviders(gateway);
    return {
      module: JoblibCoreModule,
      imports,
      controllers: CONTROLLERS,
      providers: [
        options,
        OwnedDataSource,
        { provide: DATABASE_READY, useFactory: (database: OwnedDataSource) => database.prepare(), inject: [OwnedDataSource] },
        StopSignal,
        SweepTimers,
        { provide: SchemaChecker, useFactory: () => new SchemaChecker() },
        RouteTable,
        HttpBinding,
        RoomAccess,
        ...STORES,
        ...FEATURES,
        ...(gateway ? [JoblibGateway] : []),
        // Later ones win: what a host overrides replaces the default of the same token.
        ...defaults,
        ...overrides,
      ],
      exports: [...JOBLIB_TOKENS, ...EXPORTED],
    };
  }

  /** Runs before Nest registers routes. */
  configure(): void {
    this.http.bind();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.schemas.close();
  }
}
