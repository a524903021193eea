import 'reflect-metadata';
import { IDENTITY, JoblibModule, JoblibTasks, postgresDataSourceOptions } from '@joblib/nestjs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PAYLOAD, type Contender, type Progress } from './contender.js';

const CALLER = { id: 'bench', isSuperuser: true };
/** As many tasks as one claim may ask for, and so many claims at once: while some are worked on, the next are fetched and the last are stored. */
const BATCH = 100;
const CLAIMS_AT_ONCE = 10;

const JOB = { room: '@global', category: 'modifiers', name: 'Rotate' };
const TARGET = { roomId: 'lab', jobName: '@global:modifiers:Rotate' };

/** Whoever calls over HTTP is the bench: the worker registers there, as all do. */
const identity = { authenticate: () => Promise.resolve(CALLER) };

export async function startJoblib(url: string): Promise<Contender> {
  const app = await startHost(url);
  const tasks = app.get(JoblibTasks, { strict: false });
  const workerId = await registerWorker(await app.getUrl());

  /** While there is more than it can take, the next tasks are fetched as the end of the last ones is stored; else the end comes first. */
  async function serve({ onRun, onDone }: Progress, signal: AbortSignal): Promise<void> {
    let storing: Promise<unknown> = Promise.resolve();
    while (!signal.aborted) {
      const claimed = await tasks.claim(CALLER, { workerId, maxTasks: BATCH, waitSeconds: 60, start: true, signal });
      onRun(claimed.length);
      await storing;
      const ended = claimed.map(({ id }) => ({ taskId: id, status: 'completed' as const }));
      storing = tasks.reportMany(CALLER, ended).then(() => onDone(claimed.length));
      if (claimed.length < BATCH) await storing;
    }
    await storing;
  }

  return {
    async add() {
      await tasks.submit(CALLER, { ...TARGET, payload: PAYLOAD });
    },
    async addBulk(count) {
      const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, index) => Math.min(BATCH, count - index * BATCH));
      await Promise.all(
        batches.map((size) => tasks.submitBatch(CALLER, { ...TARGET, payloads: Array.from({ length: size }, () => PAYLOAD) })),
      );
    },
    work(progress) {
      const stop = new AbortController();
      const loops = Array.from({ length: CLAIMS_AT_ONCE }, () =>
        serve(progress, stop.signal).catch((error: unknown) => {
          if (!stop.signal.aborted) throw error;
        }),
      );
      return Promise.resolve(async () => {
        stop.abort();
        await Promise.all(loops);
      });
    },
    close: () => app.close(),
  };
}

async function startHost(url: string): Promise<NestFastifyApplication> {
  class HostModule {}
  Module({
    imports: [
      JoblibModule.forRoot({
        dataSource: postgresDataSourceOptions(url),
        migrate: true,
        gateway: false,
        overrides: [{ provide: IDENTITY, useValue: identity }],
      }),
    ],
  })(HostModule);
  const app = await NestFactory.create<NestFastifyApplication>(HostModule, new FastifyAdapter(), { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return app;
}

async function registerWorker(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/v1/joblib/rooms/${JOB.room}/jobs`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ category: JOB.category, name: JOB.name, schema: {} }),
  });
  const { worker_id } = (await answer.json()) as { worker_id: string };
  return worker_id;
}
