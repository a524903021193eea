import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { until } from './provider-scene.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/providers/dist/main.js', import.meta.url));
/** A request that nobody heard blocks the next one no longer than a second. */
const SETTINGS = { ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: '0.2', ZNDRAW_JOBLIB_PROVIDER_INFLIGHT_TTL_SECONDS: '1' };

describe('a read, while processes are killed', () => {
  const playground = new Playground();
  const providers: ChildProcess[] = [];
  let folder: string;
  let origin: string;
  let token: string;
  let server: ServiceProcess;

  beforeAll(async () => {
    folder = playground.folder();
    writeFileSync(join(folder, 'notes.txt'), 'hello');
    server = playground.start(folder, SETTINGS);
    origin = await server.listening();
    token = await playground.token(folder, ['--sub', 'alice']);
  });
  afterAll(async () => {
    for (const provider of providers) provider.kill('SIGKILL');
    await playground.clear();
  });

  async function startProvider(): Promise<ChildProcess> {
    const provider = spawn(process.execPath, [EXAMPLE, '--url', origin, '--token', token, '--folder', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    providers.push(provider);
    await once(provider.stdout, 'data');
    return provider;
  }

  const read = async (n: number, prefer = 'wait=15') => {
    const url = `${origin}/v1/joblib/rooms/lab/providers/lab:files:local?path=/notes.txt&n=${n}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}`, prefer } });
    return { status: answer.status, text: await answer.text() };
  };
  const answersAgain = (n: number) => until(async () => (await read(n, 'wait=1').catch(() => null))?.status === 200);

  it('by a provider that is killed ends when its worker is gone, and works with the next one', async () => {
    const provider = await startProvider();
    expect(await read(1)).toEqual({ status: 200, text: 'hello' });
    // It has the request, and never answers.
    provider.kill('SIGSTOP');
    const held = read(2);
    await until(async () => (await read(2, '')).status === 202);
    provider.kill('SIGKILL');
    expect((await held).status).toBe(404);
    await startProvider();
    await answersAgain(2);
  });

  it('by a server that is killed is lost, and asked again after its restart, when the provider has come back', async () => {
    const provider = providers.at(-1);
    provider?.kill('SIGSTOP');
    const lost = read(3).catch(() => 'lost');
    await until(async () => (await read(3, '')).status === 202);
    await server.stop('SIGKILL');
    expect(await lost).toBe('lost');
    server = playground.start(folder, { ...SETTINGS, PORT: new URL(origin).port });
    await server.listening();
    provider?.kill('SIGCONT');
    await answersAgain(3);
    expect(await read(3)).toEqual({ status: 200, text: 'hello' });
  });
});
