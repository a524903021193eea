import { Module } from '@nestjs/common';
import type { DynamicModule, NestModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';

import { defaultProviders } from './default-providers.js';
import { JoblibGateway, JoinRooms, SocketEventPublisher, WorkerPresence } from './gateway/index.js';
import { HttpBinding, ProblemPagesController, RouteTable, UnknownAddressController } from './http/index.js';
import { InternalJobs, InternalRunner, InternalTasks } from './internal/index.js';
import type { JoblibModuleExtras } from './joblib-options.js';
import { JobsController, ReadJobs, RegisterJob } from './jobs/index.js';
import { SchemaChecker } from './json-schema/index.js';
import { DatabaseHealth, JoblibStats } from './observability/index.js';
import { OwnedDataSource } from './owned-data-source.js';
import {
  ClaimStore,
  JobStore,
  LeaseStore,
  SubmissionKeyStore,
  TaskListStore,
  TaskStore,
  TimeOrderedIds,
  UnitOfWork,
  WorkerStore,
} from './persistence/index.js';
import * as ports from './ports/index.js';
import { RoomAccess } from './rooms/index.js';
import { Sweeper, SweeperSchedule, TaskRetention } from './sweeper/index.js';
import {
  ClaimOperation,
  ClaimTasks,
  ClaimTasksController,
  HeldClaims,
  HeldPolls,
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
  ProblemPagesController,
  UnknownAddressController,
];

const STORES = [UnitOfWork, TimeOrderedIds, JobStore, WorkerStore, TaskStore, TaskListStore, ClaimStore, SubmissionKeyStore, LeaseStore];

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
  InternalJobs,
  InternalTasks,
  InternalRunner,
  TaskRetention,
  Sweeper,
  SweeperSchedule,
  DatabaseHealth,
  JoblibStats,
  // Also for a host that switches our gateway off and serves Socket.IO itself.
  WorkerPresence,
  JoinRooms,
  SocketEventPublisher,
];

/** What a host application may inject. */
const EXPORTED = [
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

const TOKENS = Object.values(ports).filter((exported) => typeof exported === 'symbol');

/** The one place where the defaults meet a host's overrides. */
@Module({})
export class JoblibCoreModule implements NestModule, OnApplicationShutdown {
  constructor(
    private readonly http: HttpBinding,
    private readonly schemas: SchemaChecker,
  ) {}

  static register({ imports = [], overrides = [], gateway = true }: JoblibModuleExtras, options: Provider): DynamicModule {
    const defaults = defaultProviders(gateway);
    return {
      module: JoblibCoreModule,
      imports,
      controllers: CONTROLLERS,
      providers: [
        options,
        OwnedDataSource,
        StopSignal,
        SchedulerRegistry,
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
      exports: [...TOKENS, ...EXPORTED],
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
