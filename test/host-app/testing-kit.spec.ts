import 'reflect-metadata';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CLOCK, EVENT_PUBLISHER, IDENTITY, JoblibModule, JoblibTasks, Sweeper, sqliteDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity, FakeClock, RecordingEventPublisher } from '@joblib/nestjs/testing';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';

describe('a host under test', () => {
  const clock = new FakeClock();
  const events = new RecordingEventPublisher();
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const joblib = JoblibModule.forRoot({
      dataSource: sqliteDataSourceOptions(':memory:'),
      migrate: true,
      gateway: false,
      overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }],
    });
    const host = Test.createTestingModule({ imports: [joblib] }); // AppModule, with its own overrides
    host.overrideProvider(CLOCK).useValue(clock).overrideProvider(EVENT_PUBLISHER).useValue(events);
    app = (await host.compile()).createNestApplication(new FastifyAdapter({ routerOptions: { maxParamLength: 2000 } }));
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  it('tells of a task whose worker was silent for too long', async () => {
    const ada = { id: 'ada', isSuperuser: false };
    const server = supertest(await app.getUrl());
    await server
      .put('/v1/joblib/rooms/lab/jobs')
      .set('authorization', 'Bearer ada') // whoever it says
      .send({ category: 'modifiers', name: 'Bend' })
      .expect(201);
    const task = await app.get(JoblibTasks).submit(ada, { roomId: 'lab', jobName: 'lab:modifiers:Bend' });
    await app.get(JoblibTasks).claim(ada);

    clock.advance(61);
    await app.get(Sweeper).sweepOnce();

    const ended = { id: task.id, status: 'failed', error: 'Worker disconnected' };
    expect(events.payloadsOf('task_status_event').at(-1)).toMatchObject(ended);
  });
});
