import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ContainerService } from '../container/container-service.js';
import { ProcessService } from '../process/process-service.js';
import { ServiceConfigError } from '../service-errors.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { defineServices } from './define-services.js';
import { parseServices } from './parse-services.js';

const base = mkdtempSync(join(tmpdir(), 'joblib-parse-services-'));
mkdirSync(join(base, 'workers'));
afterAll(() => rmSync(base, { recursive: true }));

const WORKER = { name: 'worker', command: ['node', 'x.mjs'] };

describe('parseServices', () => {
  it('reads every key of a process', () => {
    const entry = {
      name: 'rotate-worker',
      kind: 'process',
      command: ['node', 'rotate.mjs', 7],
      env: { JOBLIB_URL: 'http://127.0.0.1:8000', PORT: 9000, FROM_SERVER: null },
      cwd: 'workers',
      ready: { log: 'registered' },
      start_timeout_seconds: 30,
      stop_timeout_seconds: 10.5,
      health_interval_seconds: 5,
      unhealthy_threshold: 3,
      restart: 'on-failure',
      max_restarts: 5,
      restart_window_seconds: 60,
      max_retries: 3,
      requires: [],
      jobs: ['@global:modifiers:Rotate'],
    };
    expect(parseServices([entry], base)).toEqual([
      {
        name: 'rotate-worker',
        kind: 'process',
        requires: [],
        jobs: ['@global:modifiers:Rotate'],
        policy: {
          startTimeoutSeconds: 30,
          stopTimeoutSeconds: 10.5,
          healthIntervalSeconds: 5,
          unhealthyThreshold: 3,
          restart: 'on-failure',
          maxRestarts: 5,
          restartWindowSeconds: 60,
          maxRetries: 3,
        },
        process: {
          name: 'rotate-worker',
          command: ['node', 'rotate.mjs', '7'],
          env: { JOBLIB_URL: 'http://127.0.0.1:8000', PORT: '9000', FROM_SERVER: null },
          cwd: join(base, 'workers'),
          ready: { log: 'registered' },
        },
      },
    ]);
  });

  it('reads a container, which need not be called one', () => {
    const entry = {
      name: 'cache',
      image: 'redis:7',
      ports: ['6379:6379', 80],
      mounts: ['./data:/data'],
      ready: { port: 6379 },
      stop_timeout_seconds: 3,
    };
    expect(parseServices([entry], base)).toEqual([
      {
        name: 'cache',
        kind: 'container',
        requires: [],
        jobs: [],
        policy: { stopTimeoutSeconds: 3 },
        container: {
          name: 'cache',
          image: 'redis:7',
          ports: ['6379:6379', 80],
          mounts: ['./data:/data'],
          ready: { port: 6379 },
          cwd: base,
          stopTimeoutSeconds: 3,
        },
      },
    ]);
  });

  it('has the file’s folder as the working folder', () => {
    expect(parseServices([WORKER], base)).toMatchObject([{ kind: 'process', process: { cwd: base } }]);
  });

  it('answers them in start order', () => {
    const services = parseServices(
      [
        { ...WORKER, requires: ['cache'] },
        { name: 'cache', image: 'redis' },
      ],
      base,
    );
    expect(services.map(({ name }) => name)).toEqual(['cache', 'worker']);
  });

  it.each([undefined, null, []])('takes %j for none', (value) => {
    expect(parseServices(value, base)).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ env: { KEY: 'secret' } }, 'services must be a list: write "- name: …" for each of them.'],
    [['x'], 'services[0]: a service must have keys such as name and command, got "x".'],
    [[null], 'services[0]: a service must have keys such as name and command, got null.'],
    [[{ command: ['x'] }], 'services[0]: Plugin name cannot be empty'],
    [[{ name: '  ', command: ['x'] }], 'services[0]: Plugin name cannot be empty'],
    [[{ name: 5, command: ['x'] }], 'services[0]: Plugin name cannot be empty'],
    [[{ name: 'a\nb', command: ['x'] }], 'services[0] (a\nb): name must have up to 255 characters, and no control characters.'],
    [[WORKER, { name: 'b' }], 'services[1] (b): command cannot be empty: write a list, [node, worker.mjs].'],
    [[{ name: 'b', command: [] }], 'services[0] (b): command cannot be empty'],
    [[{ name: 'b', command: [''] }], 'services[0] (b): Command of service b cannot be empty'],
    [[{ name: 'b', command: 'node x.mjs' }], 'services[0] (b): command must be a list: write [node, x.mjs].'],
    [[{ name: 'b', command: ['node', true] }], 'services[0] (b): Command of service b must consist of texts: put numbers in quotes.'],
    [[{ name: 'b', kind: 'container' }], 'services[0] (b): Image cannot be empty'],
    [[{ name: 'b', image: '' }], 'services[0] (b): Image cannot be empty'],
    [[{ name: 'b', image: 7 }], 'services[0] (b): Image cannot be empty'],
    [[{ name: 'b', image: 'Redis' }], 'services[0] (b): "Redis" is not an image'],
    [[{ name: 'b', image: 'redis', ports: ['x'] }], 'services[0] (b): "x" is not a port'],
    [[{ name: 'b', image: 'redis', ports: 80 }], 'services[0] (b): ports of service b must be a list, got 80.'],
    [[{ name: 'b', image: 'redis', mounts: ['x'] }], 'services[0] (b): "x" is not a mount'],
    [[{ name: 'b', kind: 'magic' }], 'services[0] (b): kind must be process or container, got "magic".'],
    [[{ ...WORKER, comand: 1 }], 'services[0] (worker): A service of kind process has an unknown key comand: its keys are name, kind, env'],
    [[{ ...WORKER, ports: [] }], 'services[0] (worker): A service of kind process has an unknown key ports'],
    [[{ name: 'b', image: 'redis', cwd: '.' }], 'services[0] (b): A service of kind container has an unknown key cwd'],
    [[{ ...WORKER, env: ['A=1'] }], 'services[0] (worker): env of service worker must be names with values, as in { NAME: value }.'],
    [[{ ...WORKER, env: { A: true } }], 'services[0] (worker): env of service worker.A must be a text (in quotes)'],
    [[{ ...WORKER, env: { 'A=B': 'x' } }], 'services[0] (worker): env of service worker has "A=B", which is no name of a variable.'],
    [[{ ...WORKER, ready: {} }], 'services[0] (worker): ready of service worker must have one key, port, http or log, got {}.'],
    [[{ ...WORKER, ready: { port: 1, log: 'x' } }], 'services[0] (worker): ready of service worker must have one key, port, http or log'],
    [[{ ...WORKER, ready: { tcp: 1 } }], 'services[0] (worker): ready of service worker has an unknown key tcp'],
    [
      [{ ...WORKER, ready: { port: 70_000 } }],
      'services[0] (worker): ready of service worker.port must be a port number from 1 to 65535, got 70000.',
    ],
    [[{ ...WORKER, ready: { http: 'localhost:80' } }], 'services[0] (worker): ready of service worker.http must be an address such as'],
    [[{ ...WORKER, ready: { log: '' } }], 'services[0] (worker): ready of service worker.log must be a text'],
    [[{ ...WORKER, cwd: 'nowhere' }], `services[0] (worker): cwd: there is no folder ${join(base, 'nowhere')}.`],
    [[{ ...WORKER, cwd: 3 }], 'services[0] (worker): cwd must be a folder, got 3.'],
    [[{ ...WORKER, start_timeout_seconds: 0 }], 'services[0] (worker): start_timeout_seconds must be a number of seconds above 0'],
    [[{ ...WORKER, health_interval_seconds: '5' }], 'services[0] (worker): health_interval_seconds must be a number of seconds above 0'],
    [[{ ...WORKER, max_restarts: -1 }], 'services[0] (worker): max_restarts must be a whole number from 0, got -1.'],
    [[{ ...WORKER, unhealthy_threshold: 0 }], 'services[0] (worker): unhealthy_threshold must be a whole number from 1, got 0.'],
    [[{ ...WORKER, restart: 'yes' }], 'services[0] (worker): restart must be one of never, on-failure, always, got yes.'],
    [[{ ...WORKER, requires: 'cache' }], 'services[0] (worker): requires must be a list of names, got "cache".'],
    [
      [{ ...WORKER, jobs: ['Rotate'] }],
      'services[0] (worker): jobs has "Rotate": write full names such as "@global:modifiers:Rotate", in quotes.',
    ],
    [[{ ...WORKER, requires: ['x'] }], 'Service worker requires x, and there is no service of that name.'],
    [[{ ...WORKER, requires: ['worker'] }], 'Services require each other: worker -> worker.'],
    [[WORKER, WORKER], 'There are two services named worker: give each a name of its own.'],
  ])('refuses %j', (value, message) => {
    expect(() => parseServices(value, base)).toThrow(ServiceConfigError);
    expect(() => parseServices(value, base)).toThrow(message);
  });
});

describe('defineServices', () => {
  it('makes what a supervisor takes', () => {
    const configs = parseServices(
      [
        { ...WORKER, requires: ['cache'], jobs: ['@global:modifiers:Rotate'], ready: { port: 80 } },
        { name: 'cache', image: 'redis', ports: [80] },
      ],
      base,
    );
    const definitions = defineServices(configs, { containerOwner: 'us' });
    expect(definitions.map(({ plugin }) => plugin.constructor)).toEqual([ContainerService, ProcessService]);
    expect(definitions.map(({ plugin }) => plugin.resources)).toEqual([
      [{ type: 'container' }, { type: 'port', amount: 1 }],
      [{ type: 'process' }, { type: 'port' }],
    ]);
    expect(new Supervisor(definitions).list()).toMatchObject([
      { name: 'cache', kind: 'container', state: 'initialized', health: 'unknown' },
      { name: 'worker', kind: 'process', requires: ['cache'], jobs: ['@global:modifiers:Rotate'] },
    ]);
  });
});

describe('the constructors', () => {
  it('refuse what cannot work, in the documented words', () => {
    expect(() => new ProcessService({ name: '', command: ['x'] })).toThrow('Plugin name cannot be empty');
    expect(() => new ContainerService({ name: '', image: 'x' })).toThrow('Plugin name cannot be empty');
    expect(() => new ContainerService({ name: 'x', image: '' })).toThrow('Image cannot be empty');
    expect(() => new ProcessService({ name: 'x', command: '' })).toThrow('Command of service x cannot be empty');
    expect(() => new ProcessService({ name: 'x', command: 'y', comand: 1 } as never)).toThrow(
      'A process service has an unknown key comand',
    );
    expect(() => new ContainerService({ name: 'x', image: 'y', tag: 1 } as never)).toThrow('A container service has an unknown key tag');
    expect(() => new ContainerService({ name: 'x', image: 'y', memoryMb: 0.5 })).toThrow(
      'memoryMb of service x must be a whole number from 1, got 0.5',
    );
  });
});
