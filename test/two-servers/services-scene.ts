import { LocalWakeUps, WAKE_UPS } from '@joblib/nestjs';
import type { FakeClock } from '@joblib/nestjs/testing';

import type { Service } from '../../libs/nestjs/src/domain/service.js';
import { aService } from '../../libs/nestjs/src/domain/service.fixture.js';
import { ServiceStore, UnitOfWork } from '../../libs/nestjs/src/persistence/index.js';
import { JOB } from '../services/server/service-stage.js';
import type { ServiceServer, ServiceStage } from '../services/server/service-stage.js';
import type { JoblibAppOptions } from '../support/joblib-app.js';

export const DEAD_SECONDS = 20;
export const FORGOTTEN_SECONDS = 300;

/** Ids of servers that come before, and after, those of all others. */
export const [FIRST, LAST] = ['00000000-0000-7000-8000-000000000000', 'ffffffff-0000-7000-8000-000000000000'] as const;

/** What two servers have in common. */
export type Shared = JoblibAppOptions & { readonly clock: FakeClock };

/** A database and a clock; wake-ups get lost between them. */
export function deaf(stage: ServiceStage): Promise<Shared> {
  return stage.database();
}

/** The same with wake-ups that reach both. */
export async function awake(stage: ServiceStage): Promise<Shared> {
  return { ...(await stage.database()), overrides: [{ provide: WAKE_UPS, useValue: new LocalWakeUps() }] };
}

/** A service that runs, as some other server on another machine has written it. */
export async function stored({ server }: ServiceServer, facts: Partial<Service>): Promise<Service> {
  const service = aService({ serverId: LAST, server: 'elsewhere:1', announcedAt: server.clock.now(), ...facts });
  await server.app.get(UnitOfWork).run((transaction) => server.app.get(ServiceStore).announce(transaction, [service]));
  return service;
}

/** Name, state and health of each. */
export async function listed(scene: ServiceServer): Promise<string[]> {
  return (await scene.services()).body.items.map(({ name, state, health }) => `${name} ${state} ${health}`);
}

/** A pending task, and a worker of its job. */
export async function aTask({ root }: ServiceServer): Promise<{ workerId: string; taskId: string }> {
  const { worker_id: workerId } = (await root.register(JOB)).body;
  return { workerId, taskId: (await root.submit('lab', JOB)).body.id };
}

/** The id of the task that the worker is given. */
export async function claimed({ root }: ServiceServer, workerId: string): Promise<string | null> {
  return (await root.claim(workerId)).body.task?.id ?? null;
}
