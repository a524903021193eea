import 'reflect-metadata';

import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IDENTITY, JoblibModule, JoblibTasks, sqliteDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';

import { JoblibUser } from '../support/joblib-user.js';

const JOB = 'lab:modifiers:Rotate';
const alice = { id: 'alice', isSuperuser: false };

const joblib = (): DynamicModule =>
  JoblibModule.forRoot({
    dataSource: sqliteDataSourceOptions(':memory:'),
    migrate: true,
    gateway: false,
    overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }],
  });

@Controller('host')
class HostController {
  @Get()
  hello(): string {
    return 'hello';
  }
}

/** A host with some modules of its own. */
function hostOf(imports: readonly DynamicModule[]): DynamicModule {
  return { module: HostModule, imports: [...imports], controllers: [HostController] };
}

@Module({})
class HostModule {}

const running: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

async function start(root: DynamicModule, adapter: ExpressAdapter | FastifyAdapter = new FastifyAdapter()): Promise<string> {
  const app = await NestFactory.create<INestApplication>(root, adapter, { logger: false, abortOnError: false });
  running.push(app);
  await app.listen(0, '127.0.0.1');
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

describe('a host on Express', () => {
  it('is refused at start with a sentence', async () => {
    await expect(start(hostOf([joblib()]), new ExpressAdapter())).rejects.toThrow(
      "Joblib's HTTP API needs the FastifyAdapter of @nestjs/platform-fastify, not 'express'.",
    );
    expect(running.map((app) => app.getHttpServer().listening)).toEqual([false]);
  });

  it('would start without us', async () => {
    expect(await (await fetch(`${await start(hostOf([]), new ExpressAdapter())}/host`)).text()).toBe('hello');
  });
});

describe('a module that is imported more than once', () => {
  @Injectable()
  class Watcher {
    constructor(readonly tasks: JoblibTasks) {}
  }

  class FirstFeature {}
  class SecondFeature {}
  const feature = (module: new () => object, imported: DynamicModule): DynamicModule => ({
    module,
    imports: [imported],
    providers: [Watcher],
  });

  it('is one when it is the same', async () => {
    const shared = joblib();
    const origin = await start(hostOf([shared, feature(FirstFeature, shared), feature(SecondFeature, shared)]));
    const [app] = running;
    const watchers = app?.get(Watcher, { strict: false, each: true }) ?? [];
    expect(watchers).toHaveLength(2);
    expect(watchers[0]?.tasks).toBe(watchers[1]?.tasks);
    await new JoblibUser(origin, 'bob').register(JOB);
    expect((await watchers[0]?.tasks.submit(alice, { roomId: 'lab', jobName: JOB }))?.status).toBe('pending');
  });

  it('is refused when it was made twice', async () => {
    await expect(start(hostOf([joblib(), feature(FirstFeature, joblib())]))).rejects.toThrow(
      'JoblibModule.forRoot was called more than once for this application',
    );
    await expect(
      NestFactory.createApplicationContext(hostOf([joblib(), joblib()]), { logger: false, abortOnError: false }),
    ).rejects.toThrow('call it once, and import the module that it returned wherever it is needed');
  });
});

describe('two hosts in one process', () => {
  it('know nothing of each other', async () => {
    const [first, second] = [await start(hostOf([joblib()])), await start(hostOf([joblib()]))];
    const [ours, theirs] = running.map((app) => app.get(JoblibTasks, { strict: false }));
    const worker = new JoblibUser(first, 'bob');
    const workerId = (await worker.register(JOB)).body.worker_id;
    expect((await new JoblibUser(second, 'bob').submit('lab', JOB)).status).toBe(404);
    await new JoblibUser(second, 'bob').register(JOB);
    const task = await theirs?.submit(alice, { roomId: 'lab', jobName: JOB });
    expect((await worker.claim(workerId)).body.task).toBeNull();
    await expect(ours?.get(alice, task?.id ?? '')).rejects.toMatchObject({ problem: 'TaskNotFound' });
    await running.shift()?.close();
    expect((await theirs?.get(alice, task?.id ?? ''))?.status).toBe('pending');
    expect((await new JoblibUser(second, 'alice').task(task?.id ?? '')).status).toBe(200);
  });
});
