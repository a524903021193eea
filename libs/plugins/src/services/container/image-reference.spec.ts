import { describe, expect, it } from '@jest/globals';

import { ServiceConfigError } from '../service-errors.js';
import { imageName, parseImage } from './image-reference.js';
import { parseMount } from './mount.js';
import { parsePort } from './published-port.js';

const DIGEST = `sha256:${'0f'.repeat(32)}`;

describe('parseImage', () => {
  it.each([
    ['redis', 'redis', 'latest', null, 'redis:latest'],
    ['redis:7.4-alpine', 'redis', '7.4-alpine', null, 'redis:7.4-alpine'],
    ['library/redis', 'library/redis', 'latest', null, 'library/redis:latest'],
    ['localhost:5000/redis', 'localhost:5000/redis', 'latest', null, 'localhost:5000/redis:latest'],
    ['localhost:5000/redis:7', 'localhost:5000/redis', '7', null, 'localhost:5000/redis:7'],
    ['[::1]:5000/a/b:c', '[::1]:5000/a/b', 'c', null, '[::1]:5000/a/b:c'],
    ['Registry.Example/team/my_app.x--y', 'Registry.Example/team/my_app.x--y', 'latest', null, 'Registry.Example/team/my_app.x--y:latest'],
    [`redis@${DIGEST}`, 'redis', null, DIGEST, `redis@${DIGEST}`],
    [`r.example:443/redis:7@${DIGEST}`, 'r.example:443/redis', '7', DIGEST, `r.example:443/redis@${DIGEST}`],
  ])('%s', (text, repository, tag, digest, name) => {
    expect(parseImage(text)).toEqual({ repository, tag, digest });
    expect(imageName(parseImage(text))).toBe(name);
  });

  it.each(['', ' ', '\t'])('says that %j is empty', (text) => {
    expect(() => parseImage(text)).toThrow(new ServiceConfigError('Image cannot be empty'));
  });

  it.each([
    'Redis',
    'redis:',
    ':7',
    'redis:7:8',
    'redis@',
    'redis@sha256:12',
    `redis@${DIGEST}@${DIGEST}`,
    'a//b',
    '/redis',
    're dis',
    'redis:-x',
    'host:x/redis',
  ])('refuses %s', (text) => {
    expect(() => parseImage(text)).toThrow(/is not an image: write it as redis:7/);
  });
});

describe('parsePort', () => {
  it.each([
    ['8080:80', '127.0.0.1', 8080, 80, 'tcp'],
    ['80', '127.0.0.1', 80, 80, 'tcp'],
    [6379, '127.0.0.1', 6379, 6379, 'tcp'],
    ['0.0.0.0:53:5353/udp', '0.0.0.0', 53, 5353, 'udp'],
    ['[::]:8080:80/tcp', '::', 8080, 80, 'tcp'],
  ])('%s', (text, hostAddress, hostPort, containerPort, protocol) => {
    expect(parsePort(text)).toEqual({ hostAddress, hostPort, containerPort, protocol });
  });

  it.each(['', 'x', '80:', ':80', '0:80', '80:65536', '1.2.3.4:80', '80/http', '8080:80:70', -1, 1.5])('refuses %s', (text) => {
    expect(() => parsePort(text)).toThrow(ServiceConfigError);
  });
});

describe('parseMount', () => {
  it.each([
    ['./data:/data', 'bind', '/base/data', '/data', false],
    ['../data:/data:rw', 'bind', '/data', '/data', false],
    ['/etc/app:/etc/app:ro', 'bind', '/etc/app', '/etc/app', true],
    ['a-volume:/data', 'volume', 'a-volume', '/data', false],
  ])('%s', (text, kind, source, target, isReadOnly) => {
    expect(parseMount(text, '/base')).toEqual({ kind, source, target, isReadOnly });
  });

  it.each(['', './data', './data:data', 'a b:/data', './data:/data:rx', './data:/data:ro:x', ':/data'])('refuses %j', (text) => {
    expect(() => parseMount(text, '/base')).toThrow(/is not a mount: write it as/);
  });
});
