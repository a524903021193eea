import { describe, expect, it } from '@jest/globals';
import { addressForContainers, addressForPrograms, webAddress } from './listening-address.js';

describe('the address that a server listens on', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000', null],
    ['0.0.0.0', 'http://0.0.0.0:8000', 'http://127.0.0.1:8000', null],
    ['::', 'http://[::]:8000', 'http://[::1]:8000', null],
    ['::1', 'http://[::1]:8000', 'http://[::1]:8000', null],
    ['::ffff:127.0.0.1', 'http://[::ffff:127.0.0.1]:8000', 'http://[::ffff:127.0.0.1]:8000', null],
    ['192.168.1.5', 'http://192.168.1.5:8000', 'http://192.168.1.5:8000', 'http://192.168.1.5:8000'],
    ['2001:db8::5', 'http://[2001:db8::5]:8000', 'http://[2001:db8::5]:8000', 'http://[2001:db8::5]:8000'],
  ])('%s is for people %s, for programs %s, for containers %s', (address, people, programs, containers) => {
    const listening = { address, port: 8000, family: 'IPv4' };
    expect([webAddress(listening), addressForPrograms(listening), addressForContainers(listening)]).toEqual([people, programs, containers]);
  });
});
