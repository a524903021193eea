import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { io } from 'socket.io-client';
import supertest from 'supertest';

import { InstalledHost } from './installed-host.js';
import { nextOf } from './studio.js';

const SECRET = 'a key that nobody else has, 32 bytes';

let host: InstalledHost;

beforeAll(() => {
  host = InstalledHost.install('ten-line-host', ['@nestjs/platform-express']);
});

afterAll(() => host.remove());

function tokenOf(sub: string): Promise<string> {
  return new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(sub).sign(new TextEncoder().encode(SECRET));
}

/** A program in the folder of the host; resolves to its exit code and what it printed. */
async function outcomeOf(name: string, lines: readonly string[]): Promise<{ code: unknown; output: string }> {
  writeFileSync(join(host.folder, name), lines.join('\n'));
  const program = host.start(name);
  return { code: await program.ended(), output: program.output };
}

describe('the ten-line host', () => {
  it('has ten lines', () => {
    expect(readFileSync(join(host.folder, 'src/main.ts'), 'utf8').trim().split('\n')).toHaveLength(10);
  });

  it('registers, submits, claims and completes, and tells it over its socket', async () => {
    const program = host.start('dist/main.js', { SECRET });
    const origin = await program.listening();
    const token = await tokenOf('ada');
    const api = (method: 'get' | 'patch' | 'post' | 'put', path: string, body: object = {}): supertest.Test =>
      supertest(origin)[method](`/v1/joblib${path}`).set('authorization', `Bearer ${token}`).send(body);
    const socket = io(origin, { auth: { token }, transports: ['websocket'], reconnection: false });
    try {
      await nextOf(socket, 'connect');
      expect(await socket.timeout(60_000).emitWithAck('room_join', { room_id: 'lab' })).toEqual({ status: 'ok' });
      const completed = new Promise((resolve) => {
        socket.on('task_status_event', (event: { status: string }) => event.status === 'completed' && resolve(event));
      });
      const { body: job } = await api('put', '/rooms/lab/jobs', { category: 'modifiers', name: 'Bend' }).expect(201);
      const { body: task } = await api('post', '/rooms/lab/tasks/lab:modifiers:Bend', { payload: { angle: 90 } }).expect(202);
      const { body: claimed } = await api('post', '/tasks/claim', { worker_id: job.worker_id }).expect(200);
      expect(claimed).toMatchObject({ task: { id: task.id, payload: { angle: 90 } } });
      await api('patch', `/tasks/${task.id}`, { status: 'running' }).expect(200);
      await api('patch', `/tasks/${task.id}`, { status: 'completed', result: { atoms: 24 } }).expect(200);
      expect(await completed).toMatchObject({ id: task.id, result: { atoms: 24 } });
      expect((await api('get', `/tasks/${task.id}`).expect(200)).body).toMatchObject({ status: 'completed', created_by_id: 'ada' });
      expect(program.output).not.toMatch(/WARN|ERROR/);
    } finally {
      socket.close();
      await program.stop();
    }
  });

  it('refuses whoever has no token of its own', async () => {
    const origin = await host.start('dist/main.js', { SECRET }).listening();
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('eve')
      .sign(new TextEncoder().encode('x'.repeat(32)));
    const me = (): supertest.Test => supertest(origin).get('/v1/me');
    expect((await me()).status).toBe(401);
    expect((await me().set('authorization', `Bearer ${forged}`)).status).toBe(401);
    expect((await me().set('authorization', `Bearer ${await tokenOf('ada')}`)).body).toEqual({ id: 'ada', is_superuser: false });
  });

  it('does not start without a key', async () => {
    const program = host.start('dist/main.js');
    expect(await program.ended()).toBe(1);
    expect(program.output).toContain('Set SECRET to the key of your tokens.');
  });
});

describe('a host', () => {
  const PARTS = [
    "import 'reflect-metadata';",
    "import { IDENTITY, JoblibModule, sqliteDataSourceOptions } from '@joblib/nestjs';",
    "import { NestFactory } from '@nestjs/core';",
  ];

  it('that forgets IDENTITY does not start, and the log names the token', async () => {
    const { code, output } = await outcomeOf('forgetful.mjs', [
      ...PARTS,
      "import { FastifyAdapter } from '@nestjs/platform-fastify';",
      "const joblib = JoblibModule.forRoot({ dataSource: sqliteDataSourceOptions(':memory:'), migrate: true });",
      'await (await NestFactory.create(joblib, new FastifyAdapter())).listen(0);',
    ]);
    expect(code).toBe(1);
    expect(output).toMatch(/JoblibModule does not know who is calling: .* token IDENTITY /);
  });

  it('that forgets the database does not start, and the log says what to give', async () => {
    const { code, output } = await outcomeOf('without-database.mjs', [
      ...PARTS,
      "import { FastifyAdapter } from '@nestjs/platform-fastify';",
      'const joblib = JoblibModule.forRoot({ overrides: [{ provide: IDENTITY, useValue: {} }] });',
      'await (await NestFactory.create(joblib, new FastifyAdapter())).listen(0);',
    ]);
    expect(code).toBe(1);
    expect(output).toMatch(/JoblibModule has no database: .*`dataSource`.*SESSION_MAKER/);
  });

  it('on Express does not start, and the log names the adapter that it needs', async () => {
    const { code, output } = await outcomeOf('on-express.mjs', [
      ...PARTS,
      "import { ExpressAdapter } from '@nestjs/platform-express';",
      "const dataSource = sqliteDataSourceOptions(':memory:');",
      'const joblib = JoblibModule.forRoot({ dataSource, migrate: true, overrides: [{ provide: IDENTITY, useValue: {} }] });',
      'await (await NestFactory.create(joblib, new ExpressAdapter())).listen(0);',
    ]);
    expect(code).toBe(1);
    expect(output).toContain("Joblib's HTTP API needs the FastifyAdapter of @nestjs/platform-fastify, not 'express'.");
  });
});
