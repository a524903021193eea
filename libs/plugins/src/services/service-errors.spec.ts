import { describe, expect, it } from '@jest/globals';

import { HealthCheckFailed, InvalidState, ResourceAllocationFailed, ServiceError, StartFailed, StopFailed } from './service-errors.js';

const cause = new Error('behind it');

describe('errors of services', () => {
  it.each([
    [new InvalidState('web', 'running', 'starting', { cause }), 'InvalidState', 'Invalid state transition: running -> starting'],
    [new StartFailed('web', 'no', { cause }), 'StartFailed', 'Service web failed to start: no'],
    [new HealthCheckFailed('web', 'ill', { cause }), 'HealthCheckFailed', 'Health check of service web failed: ill'],
    [new StopFailed('web', 'stuck', { cause }), 'StopFailed', 'Service web failed to stop: stuck'],
    [new ResourceAllocationFailed('port', 'web', { cause }), 'ResourceAllocationFailed', 'Resource limit exceeded for port'],
  ])('%s has its text, the name of the service and the cause', (error, name, message) => {
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ name, message, serviceName: 'web', cause });
  });
});
