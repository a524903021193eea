import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeEngine } from '../services/fake-engine.js';
import { Playground } from './server-process.js';
import { STUBBORN_PROGRAM, ServicesScene, TELLING_PROGRAM } from './services-scene.js';

const playground = new Playground();

afterEach(() => playground.clear());

function folderWith(config: object): string {
  const folder = playground.folder();
  writeFileSync(join(folder, 'joblib.yaml'), JSON.stringify(config));
  return folder;
}

/** As an application's own, but for where it sends what it has. */
const TRACING = `
  import { trace } from ${JSON.stringify(import.meta.resolve('@opentelemetry/api'))};
  import { BasicTracerProvider, SimpleSpanProcessor } from ${JSON.stringify(import.meta.resolve('@opentelemetry/sdk-trace-base'))};
  const exporter = {
    export(spans, done) {
      for (const { name, attributes } of spans) console.log('span ' + name + ' ' + attributes['joblib.service.name']);
      done({ code: 0 });
    },
    shutdown: async () => undefined,
  };
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
`;

const TELLER = { name: 'teller', command: TELLING_PROGRAM, ready: { log: 'found' } };

describe('a file that asks for what cannot be', () => {
  it.each([
    [
      { services: [{ name: 'cache', image: 'redis', port: 80 }] },
      'services[0] (cache): A service of kind container has an unknown key port',
    ],
    [{ services: [{ ...TELLER, requires: ['cache'] }] }, 'services: Service teller requires cache, and there is no service of that name.'],
    [
      { services: [TELLER], resource_limits: { processes: 1 } },
      'resource_limits.processes is no known key; known are process, container, port.',
    ],
  ])('stops the start before there is a database: %j', async (config, sentence) => {
    const folder = folderWith(config);
    const server = playground.start(folder);
    expect([await server.ended(), server.stdout]).toEqual([1, '']);
    expect(server.stderr).toMatch(/^joblib cannot start: joblib\.yaml: .*\n$/);
    expect(server.stderr).toContain(sentence);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});

describe('a server that cannot start', () => {
  it.each<Record<string, string>>([{ DATABASE_MIGRATE: 'off' }, { DATABASE_URL: 'sqlite:folder' }, { PORT: 'taken' }])(
    'has started no service: %j',
    async (environment) => {
      const folder = folderWith({ services: [TELLER] });
      mkdirSync(join(folder, 'folder'));
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const PORT = 'PORT' in environment ? String((other.address() as AddressInfo).port) : '0';
      const server = playground.start(folder, { ...environment, PORT });
      expect(await server.ended()).toBe(1);
      other.close();
      await once(other, 'close');
      expect(server.stdout).not.toContain('[Services]');
      expect(existsSync(join(folder, 'data/services'))).toBe(false);
    },
  );
});

describe('a service', () => {
  it('finds where the server is, a token, what the file names and no secret of the server in its environment', async () => {
    const scene = await ServicesScene.open(playground, { HOST: '0.0.0.0', REAL: 'from the environment', DATABASE_POOL_SIZE: '3' });
    writeFileSync(join(scene.folder, '.env'), 'API_KEY=from .env\nREAL=from .env\nZNDRAW_JOBLIB_JWT_AUDIENCE=\n');
    scene.configure({ services: [{ ...TELLER, env: { API_KEY: null, REAL: null, LEVEL: 'debug', UNSET: null } }] });
    await scene.start();
    await scene.server.printed(/teller: found/);
    const [found] = scene.findings('teller');
    expect(found?.url).toBe(scene.url.replace('0.0.0.0', '127.0.0.1'));
    expect(found?.others).toMatchObject({ API_KEY: 'from .env', REAL: 'from the environment', LEVEL: 'debug' });
    for (const name of ['UNSET', 'DATABASE_POOL_SIZE', 'PORT', 'HOST']) expect(found?.others).not.toHaveProperty(name);
    const me = await fetch(`${found?.url}/v1/me`, { headers: { authorization: `Bearer ${found?.token}` } });
    expect(await me.json()).toMatchObject({ id: 'service:teller', is_superuser: true });
  });

  it('that cannot be started leaves the server as it is, and says why', async () => {
    const scene = await ServicesScene.open(playground);
    scene.configure({
      resource_limits: { process: 1 },
      services: [
        { name: 'missing', command: ['no-such-program'], max_retries: 0 },
        { name: 'first', command: STUBBORN_PROGRAM, ready: { log: 'here' } },
      ],
    });
    await scene.start();
    await scene.untilServices('both at their end', ({ state }) => state === 'running' || state === 'failed');
    const failures = (await scene.services()).filter(({ state }) => state === 'failed').map(({ last_error: error }) => error);
    expect(failures).toContainEqual(expect.stringMatching(/there is no program no-such-program|Resource limit exceeded for process/));
    expect((await fetch(`${scene.url}/health/ready`)).status).toBe(200);
  });

  it('is traced with the OpenTelemetry that was loaded before the server', async () => {
    const scene = await ServicesScene.open(playground, { NODE_OPTIONS: '--import ./tracing.mjs' });
    writeFileSync(join(scene.folder, 'tracing.mjs'), TRACING);
    scene.configure({ services: [TELLER] });
    await scene.start();
    await scene.untilHealthy();
    expect(await scene.server.stop()).toBe(0);
    const spans = [...scene.server.stdout.matchAll(/^span (\w+) teller$/gm)].map(([, name]) => name);
    expect([spans.includes('plugin_health_check'), ...spans.filter((name) => name !== 'plugin_health_check')]).toEqual([
      true,
      ...['plugin_start', 'plugin_stop', 'plugin_cleanup'],
    ]);
  });

  it('in a container finds a token, and no address that would be the container’s own', async () => {
    const engine = new FakeEngine();
    await engine.start();
    try {
      const scene = await ServicesScene.open(playground, { DOCKER_HOST: `unix://${engine.socketPath}` });
      scene.configure({ services: [{ name: 'cache', image: 'redis', env: { LEVEL: 'debug' } }] });
      await scene.start();
      await scene.untilHealthy();
      const [{ body } = { body: null }] = engine.requestsOf('ContainerCreate');
      const { Env, Labels } = body as { Env: string[]; Labels: Record<string, string> };
      expect(Env.map((each) => each.split('=')[0]).sort()).toEqual(['JOBLIB_TOKEN', 'LEVEL']);
      expect(Labels['joblib.owner']).toMatch(/:.*\/data\/services$/);
      expect(await scene.server.stop()).toBe(0);
      expect([engine.containers.size, engine.mistakes]).toEqual([0, []]);
    } finally {
      await engine.close();
    }
  });
});
