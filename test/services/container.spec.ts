import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { ContainerService, Supervisor } from '@joblib/plugins/services';
import type { ContainerServiceConfig, ServiceOutput, ServicePolicy } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { until } from '../support/until.js';
import { FakeEngine } from './fake-engine.js';
import { HURRIED_CLOCK } from './hurried-clock.js';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

describe('a container service', () => {
  let engine: FakeEngine;
  let supervisor: Supervisor;
  const logger = new RecordingLogger();
  const output: ServiceOutput[] = [];

  beforeEach(async () => {
    engine = new FakeEngine();
    await engine.start();
    logger.lines.length = 0;
    output.length = 0;
  });

  afterEach(async () => {
    await supervisor[Symbol.asyncDispose]();
    expect(engine.mistakes).toEqual([]);
    await engine.close();
  });

  function supervise(config: Partial<ContainerServiceConfig> = {}, policy: Partial<ServicePolicy> = {}): void {
    const options = { socketPath: engine.socketPath, logger, onOutput: (line: ServiceOutput): void => void output.push(line) };
    const plugin = new ContainerService({ name: 'cache', image: 'redis', owner: 'here', ...config }, options);
    const patient = {
      maxRetries: 0,
      startTimeoutSeconds: 400,
      forceTimeoutSeconds: 200,
      healthTimeoutSeconds: 200,
      stopTimeoutSeconds: 200,
      ...policy,
    };
    supervisor = new Supervisor([{ plugin, policy: patient }], { logger, clock: HURRIED_CLOCK });
  }

  function onlyContainer(): string {
    const [id, ...more] = engine.containers.keys();
    expect(more).toEqual([]);
    return id ?? '';
  }

  it('looks for what was left, fetches the image, creates, starts, follows, and removes in the end', async () => {
    supervise();
    await supervisor.start('cache');
    expect(engine.sequence).toEqual([
      ...['ContainerList', 'ImageInspect', 'ImageCreate', 'ContainerCreate', 'ContainerStart'],
      ...['ContainerWait', 'ContainerLogs', 'ContainerInspect'],
    ]);
    expect(engine.requestsOf('ImageCreate')).toMatchObject([{ query: { fromImage: 'redis', tag: 'latest' } }]);
    engine.requests.length = 0;
    await supervisor.stop('cache');
    expect(engine.sequence).toEqual(['ContainerStop', 'ContainerList', 'ContainerDelete']);
    expect(engine.requestsOf('ContainerStop')).toMatchObject([{ query: { t: '10' } }]);
    expect(engine.requestsOf('ContainerDelete')).toMatchObject([{ query: { force: 'true', v: 'true' } }]);
    expect([engine.containers.size, supervisor.status('cache').state]).toEqual([0, 'stopped']);
  });

  it('fetches nothing that is there', async () => {
    engine.images.add('redis:7');
    supervise({ image: 'redis:7' });
    await supervisor.start('cache');
    expect(engine.sequence).not.toContain('ImageCreate');
  });

  it.each([
    ['localhost:5000/team/app', 'localhost:5000/team/app', 'latest', 'localhost:5000/team/app:latest'],
    ['localhost:5000/team/app:v2', 'localhost:5000/team/app', 'v2', 'localhost:5000/team/app:v2'],
    [`registry.example/app@${DIGEST}`, 'registry.example/app', DIGEST, `registry.example/app@${DIGEST}`],
    [`localhost:5000/app:v2@${DIGEST}`, 'localhost:5000/app', DIGEST, `localhost:5000/app@${DIGEST}`],
  ])('fetches %s', async (image, fromImage, tag, created) => {
    supervise({ image });
    await supervisor.start('cache');
    expect(engine.requestsOf('ImageCreate')).toMatchObject([{ query: { fromImage, tag } }]);
    expect(engine.requestsOf('ContainerCreate')).toMatchObject([{ body: { Image: created } }]);
  });

  it('asks for everything that its configuration says', async () => {
    process.env['ASKED_FOR'] = 'from the server';
    supervise({
      name: 'cache',
      command: ['redis-server', '--save', ''],
      env: { MODE: 'x=y', ASKED_FOR: null },
      ports: ['8080:80', '0.0.0.0:5353:53/udp', 6379, '8081:80'],
      mounts: ['./data:/data', '/etc/app:/etc/app:ro', 'a-volume:/var/lib'],
      memoryMb: 64,
      cwd: '/srv/joblib',
    });
    await supervisor.start('cache');
    delete process.env['ASKED_FOR'];
    const [create] = engine.requestsOf('ContainerCreate');
    expect(create?.query['name']).toMatch(/^joblib-cache-[0-9a-f]{8}$/);
    expect(create?.body).toEqual({
      Image: 'redis:latest',
      Cmd: ['redis-server', '--save', ''],
      Env: ['MODE=x=y', 'ASKED_FOR=from the server'],
      Labels: {
        'joblib.service': 'cache',
        'joblib.owner': 'here',
        'joblib.instance': expect.any(String),
        'joblib.supervisor': expect.stringContaining(`"pid":${process.pid}`),
      },
      ExposedPorts: { '80/tcp': {}, '53/udp': {}, '6379/tcp': {} },
      HostConfig: {
        PortBindings: {
          '80/tcp': [
            { HostIp: '127.0.0.1', HostPort: '8080' },
            { HostIp: '127.0.0.1', HostPort: '8081' },
          ],
          '53/udp': [{ HostIp: '0.0.0.0', HostPort: '5353' }],
          '6379/tcp': [{ HostIp: '127.0.0.1', HostPort: '6379' }],
        },
        Mounts: [
          { Type: 'bind', Source: join('/srv/joblib', 'data'), Target: '/data', ReadOnly: false },
          { Type: 'bind', Source: '/etc/app', Target: '/etc/app', ReadOnly: true },
          { Type: 'volume', Source: 'a-volume', Target: '/var/lib', ReadOnly: false },
        ],
        Memory: 64 * 1024 * 1024,
      },
    });
  });

  it('is ready when it has written the text; what it writes has its name', async () => {
    supervise({ ready: { log: 'Ready to accept' } });
    const started = supervisor.start('cache');
    await until('that its output is followed', () => engine.containers.size === 1 && engine.containers.get(onlyContainer())?.logs != null);
    engine.write(onlyContainer(), 2, 'a warn');
    engine.write(onlyContainer(), 2, 'ing\n');
    await until('a line', () => output.length === 1);
    expect(supervisor.status('cache').state).toBe('starting');
    engine.write(onlyContainer(), 1, 'Ready to accept connections\n');
    await started;
    expect(output).toEqual([
      { serviceName: 'cache', stream: 'stderr', line: 'a warning' },
      { serviceName: 'cache', stream: 'stdout', line: 'Ready to accept connections' },
    ]);
  });

  it('is ready when somebody holds a connection to its port: an engine accepts for who does not listen yet, and hangs up', async () => {
    let isListening = false;
    let connections = 0;
    const proxy = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      if (!isListening) socket.end();
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    supervise({ ready: { port: (proxy.address() as AddressInfo).port } });
    const started = supervisor.start('cache');
    await until('some attempts', () => connections > 2);
    expect(supervisor.status('cache').state).toBe('starting');
    isListening = true;
    await started;
    proxy.close();
  });

  it('waits for the health check of its image', async () => {
    engine.health = 'starting';
    supervise();
    const started = supervisor.start('cache');
    await until('some looks', () => engine.requestsOf('ContainerInspect').length > 2);
    expect(supervisor.status('cache').state).toBe('starting');
    engine.health = 'healthy';
    await started;
    engine.health = 'unhealthy';
    await until('a failed check', () => supervisor.status('cache').health === 'unhealthy');
  });

  it('is started again when it ends with a failure, as a new container', async () => {
    supervise();
    await supervisor.start('cache');
    engine.end(onlyContainer(), 1);
    await until('a restart', () => supervisor.status('cache').restarts === 1 && supervisor.status('cache').state === 'running');
    expect(supervisor.status('cache').lastError).toBe('Service cache ended with exit code 1');
    expect(engine.containers.get(onlyContainer())?.isRunning).toBe(true);
    expect(engine.requestsOf('ContainerCreate')).toHaveLength(2);
  });

  it('removes what a killed supervisor of the same owner left, and nothing else', async () => {
    const dead = JSON.stringify({ host: 'gone', bootId: '', pid: 1, startedAt: '1' });
    supervise();
    await supervisor.start('cache');
    const alive = JSON.parse(JSON.stringify(engine.containers.get(onlyContainer())?.body.Labels)) as Record<string, string>;
    await supervisor.stop('cache');
    engine.add('left', { ...alive, 'joblib.instance': 'other', 'joblib.supervisor': dead });
    engine.add('unlabelled', { ...alive, 'joblib.instance': 'other', 'joblib.supervisor': '' });
    engine.add('supervised', { ...alive, 'joblib.instance': 'other' });
    engine.add('of-another-owner', { ...alive, 'joblib.instance': 'other', 'joblib.owner': 'there', 'joblib.supervisor': dead });
    engine.add('another-service', { ...alive, 'joblib.instance': 'other', 'joblib.service': 'caches', 'joblib.supervisor': dead });
    await supervisor.start('cache');
    await supervisor.stop('cache');
    expect([...engine.containers.keys()]).toEqual(['supervised', 'of-another-owner', 'another-service']);
    expect(logger.lines).toContain('warn: Service cache: container left was left behind, and is removed.');
    engine.containers.clear();
  });

  it('leaves nothing behind when the answer to the creation is lost, or the start fails', async () => {
    supervise();
    engine.images.add('redis:latest');
    engine.failures.set('ContainerCreate', null);
    await expect(supervisor.start('cache')).rejects.toThrow(/^Service cache failed to start: /);
    expect(engine.containers.size).toBe(0);
    engine.failures.set('ContainerStart', { status: 500, message: 'driver failed programming external connectivity' });
    await expect(supervisor.restart('cache')).rejects.toThrow(/^Service cache failed to start: .*driver failed programming/);
    expect(engine.containers.size).toBe(0);
    expect(engine.sequence.filter((name) => name === 'ContainerDelete').length).toBeGreaterThan(1);
  });

  it('says what the registry says', async () => {
    supervise({ image: 'no-such:1' });
    await expect(supervisor.start('cache')).rejects.toThrow('Service cache failed to start: manifest unknown');
  });

  it('that was stopped or removed by somebody else is no trouble', async () => {
    supervise({}, { restart: 'never' });
    await supervisor.start('cache');
    const id = onlyContainer();
    engine.containers.delete(id);
    await supervisor.stop('cache');
    expect(supervisor.status('cache').state).toBe('stopped');
  });

  it('is failed when the engine refuses to end it', async () => {
    supervise();
    await supervisor.start('cache');
    engine.failures.set('ContainerStop', { status: 500, message: 'stuck' });
    engine.failures.set('ContainerDelete', { status: 500, message: 'really stuck' });
    await expect(supervisor.stop('cache')).rejects.toThrow(/^Service cache failed to stop: ending it by force: .*really stuck/);
    expect([supervisor.status('cache').state, engine.containers.size]).toEqual(['failed', 0]);
  });

  it('takes a handle without a container_id for an error', async () => {
    supervise();
    const service = new ContainerService({ name: 'cache', image: 'redis' }, { socketPath: engine.socketPath });
    await expect(service.healthCheck({ id: 'x', serviceName: 'cache', metadata: {} })).rejects.toThrow(
      'Health check of service cache failed: its handle has no container_id',
    );
  });

  it('says that nobody answers', async () => {
    supervise();
    const away = new ContainerService({ name: 'cache', image: 'redis' }, { socketPath: `${engine.socketPath}.not`, logger });
    await expect(away.start(new AbortController().signal)).rejects.toThrow(/^Service cache failed to start: connect ENOENT/);
  });
});
