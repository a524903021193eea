import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { JoblibSettings } from '@joblib/nestjs';
import { SETTINGS, settingsFromEnv } from '@joblib/nestjs';
import { DataSource } from 'typeorm';

import { expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

const SCHEMA = { type: 'object', properties: { angle: { type: 'number' } }, required: ['angle'] };

describe('settings', () => {
  let scene: Scene;
  afterEach(() => scene.close());

  async function start(settings: Partial<JoblibSettings>): Promise<void> {
    scene = await Scene.start({ settings });
  }

  const statusOf = async (id: string) => (await scene.sue.task(id)).body.status;

  describe('PAYLOAD_VALIDATION', () => {
    const batch = (payloads: unknown[]) => scene.sue.call('POST', `/rooms/lab/tasks/${ROTATE}/batch`, { payloads });

    it('is off unless asked for', async () => {
      await start({});
      await scene.aJob(ROTATE, { schema: SCHEMA });
      expect((await scene.sue.submit('lab', ROTATE, { angle: 'right' })).status).toBe(202);
    });

    it('refuses what breaks the schema and says where', async () => {
      await start({ payloadValidation: true });
      await scene.aJob(ROTATE, { schema: SCHEMA });
      const before = await scene.contents();
      expectProblem(await scene.sue.submit('lab', ROTATE, { angle: 'right' }), 'PayloadInvalid', ['/payload/angle']);
      expectProblem(await scene.sue.submit('lab', ROTATE, {}), 'PayloadInvalid', ['/payload']);
      expectProblem(await batch([{ angle: 1 }, { angle: null }]), 'PayloadInvalid', ['/payloads/1/angle']);
      expect(await scene.contents()).toEqual(before);
      expect((await scene.sue.submit('lab', ROTATE, { angle: 90 })).status).toBe(202);
      expect((await batch([{ angle: 1 }, { angle: 2 }])).status).toBe(202);
    });

    it('looks for the job first, and for the room before that', async () => {
      await start({ payloadValidation: true });
      await scene.aJob(ROTATE, { schema: SCHEMA });
      expectProblem(await scene.sue.submit('attic', ROTATE, {}), 'JobNotFound');
      expectProblem(await scene.sue.submit('a:b', ROTATE, {}), 'InvalidRoomId');
    });

    it('does not check again what was accepted under a key', async () => {
      await start({ payloadValidation: true });
      const { worker_id } = await scene.aJob(ROTATE);
      const key = { 'idempotency-key': 'k' };
      const first = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, key));
      await scene.sue.report(first.id, 'cancelled');
      await scene.ann.removeWorker(worker_id);
      await scene.aJob(ROTATE, { schema: SCHEMA });
      expect((await scene.sue.submit('lab', ROTATE, {}, key)).status).toBe(200);
      expectProblem(await scene.sue.submit('lab', ROTATE, {}), 'PayloadInvalid', ['/payload']);
    });
  });

  describe('REQUIRE_CONNECTED_WORKER', () => {
    it('refuses a submit once no worker of the job has a fresh heartbeat', async () => {
      await start({ requireConnectedWorker: true, workerTimeoutSeconds: 60 });
      const { worker_id } = await scene.aJob();
      scene.server.clock.advance(60);
      const first = await scene.aTask();
      scene.server.clock.advance(0.001);
      await scene.aWorker();
      expectProblem(await scene.sue.submit('lab', ROTATE), 'NoWorkersAvailable');
      await scene.ann.heartbeat(worker_id);
      await scene.aTask();
      await scene.ann.removeWorker(worker_id);
      expectProblem(await scene.sue.submit('lab', ROTATE), 'NoWorkersAvailable');
      expect(await statusOf(first.id)).toBe('pending');
    });

    it('asks nothing of the kind unless it is on', async () => {
      await start({});
      await scene.aJob();
      scene.server.clock.advance(100_000);
      expect((await scene.sue.submit('lab', ROTATE)).status).toBe(202);
    });
  });

  it('ALLOWED_CATEGORIES names the categories of jobs', async () => {
    await start({ allowedCategories: ['magic'] });
    expectProblem(await scene.ann.register(ROTATE), 'InvalidCategory');
    expect((await scene.ann.register('lab:magic:Rotate')).status).toBe(201);
  });

  it('MAX_BODY_BYTES limits bodies', async () => {
    await start({ maxBodyBytes: 1000 });
    await scene.aJob();
    expectProblem(await scene.sue.submit('lab', ROTATE, { text: 'x'.repeat(1000) }), 'PayloadTooLarge');
    expect((await scene.sue.submit('lab', ROTATE, { text: 'x'.repeat(900) })).status).toBe(202);
  });
});

describe('settings from the environment', () => {
  const DEFAULTS: JoblibSettings = {
    allowedCategories: ['modifiers', 'selections', 'analysis'],
    workerTimeoutSeconds: 60,
    workerDisconnectGraceSeconds: 5,
    sweeperIntervalSeconds: 30,
    longPollMaxWaitSeconds: 120,
    internalTaskTimeoutSeconds: 3600,
    payloadValidation: false,
    requireConnectedWorker: false,
    allowCrossRoomSubmit: false,
    claimStartTimeoutSeconds: 0,
    taskRetentionSeconds: 0,
    deliveryRetentionSeconds: 604_800,
    deliveryMaxAttempts: 10,
    deliveryBackoffMaxSeconds: 300,
    maxBodyBytes: 1_048_576,
    allowedProviderCategories: null,
    providerResultTtlSeconds: 300,
    providerInflightTtlSeconds: 30,
    providerLongPollDefaultSeconds: 0,
    providerLongPollMaxSeconds: 30,
    providerResultMaxBytes: 67_108_864,
  };

  it('have defaults, also for variables that are empty', () => {
    expect(settingsFromEnv({})).toStrictEqual(DEFAULTS);
    expect(settingsFromEnv(Object.fromEntries(SETTINGS.map(({ env }, index) => [env, ' '.repeat(index % 2)])))).toStrictEqual(DEFAULTS);
    expect(settingsFromEnv({ WORKER_TIMEOUT_SECONDS: '1', zndraw_joblib_worker_timeout_seconds: '1' })).toStrictEqual(DEFAULTS);
  });

  it.each<[string, string, Partial<JoblibSettings>]>([
    ['ALLOWED_CATEGORIES', '["a","b c",":"]', { allowedCategories: ['a', 'b c', ':'] }],
    ['ALLOWED_CATEGORIES', ' a , b c,d ', { allowedCategories: ['a', 'b c', 'd'] }],
    ['ALLOWED_CATEGORIES', 'one', { allowedCategories: ['one'] }],
    ['WORKER_TIMEOUT_SECONDS', '0.5', { workerTimeoutSeconds: 0.5 }],
    ['WORKER_DISCONNECT_GRACE_SECONDS', '0', { workerDisconnectGraceSeconds: 0 }],
    ['SWEEPER_INTERVAL_SECONDS', ' 5 ', { sweeperIntervalSeconds: 5 }],
    ['LONG_POLL_MAX_WAIT_SECONDS', '0', { longPollMaxWaitSeconds: 0 }],
    ['INTERNAL_TASK_TIMEOUT_SECONDS', '1e3', { internalTaskTimeoutSeconds: 1000 }],
    ['PAYLOAD_VALIDATION', 'on', { payloadValidation: true }],
    ['PAYLOAD_VALIDATION', 'off', { payloadValidation: false }],
    ['REQUIRE_CONNECTED_WORKER', 'TRUE', { requireConnectedWorker: true }],
    ['REQUIRE_CONNECTED_WORKER', 'no', { requireConnectedWorker: false }],
    ['ALLOW_CROSS_ROOM_SUBMIT', '1', { allowCrossRoomSubmit: true }],
    ['ALLOW_CROSS_ROOM_SUBMIT', '0', { allowCrossRoomSubmit: false }],
    ['CLAIM_START_TIMEOUT_SECONDS', '2147483', { claimStartTimeoutSeconds: 2_147_483 }],
    ['TASK_RETENTION_SECONDS', '604800', { taskRetentionSeconds: 604_800 }],
    ['DELIVERY_RETENTION_SECONDS', '0', { deliveryRetentionSeconds: 0 }],
    ['DELIVERY_MAX_ATTEMPTS', '1', { deliveryMaxAttempts: 1 }],
    ['DELIVERY_BACKOFF_MAX_SECONDS', '0.5', { deliveryBackoffMaxSeconds: 0.5 }],
    ['MAX_BODY_BYTES', '1', { maxBodyBytes: 1 }],
    ['ALLOWED_PROVIDER_CATEGORIES', 'filesystem,frames', { allowedProviderCategories: ['filesystem', 'frames'] }],
    ['PROVIDER_RESULT_TTL_SECONDS', '0.5', { providerResultTtlSeconds: 0.5 }],
    ['PROVIDER_INFLIGHT_TTL_SECONDS', '10', { providerInflightTtlSeconds: 10 }],
    ['PROVIDER_LONG_POLL_DEFAULT_SECONDS', '5', { providerLongPollDefaultSeconds: 5 }],
    ['PROVIDER_LONG_POLL_MAX_SECONDS', '0', { providerLongPollMaxSeconds: 0 }],
    ['PROVIDER_RESULT_MAX_BYTES', '1024', { providerResultMaxBytes: 1024 }],
  ])('%s=%s is read', (name, text, settings) => {
    expect(settingsFromEnv({ [`ZNDRAW_JOBLIB_${name}`]: text })).toStrictEqual({ ...DEFAULTS, ...settings });
  });

  const BAD: Readonly<Record<string, readonly string[]>> = {
    ALLOWED_CATEGORIES: ['[]', '["a",]', '[1]', '["a",""]', 'a,,b', ',', '["a"'],
    WORKER_TIMEOUT_SECONDS: ['0', '-1', 'soon', 'NaN', 'Infinity', '1,5', '2147484', '60s'],
    WORKER_DISCONNECT_GRACE_SECONDS: ['-0.1', 'never'],
    SWEEPER_INTERVAL_SECONDS: ['0', '-30'],
    LONG_POLL_MAX_WAIT_SECONDS: ['-1', 'x'],
    INTERNAL_TASK_TIMEOUT_SECONDS: ['0', 'x'],
    PAYLOAD_VALIDATION: ['maybe', '2', 'onn'],
    REQUIRE_CONNECTED_WORKER: ['y', 'null'],
    ALLOW_CROSS_ROOM_SUBMIT: ['-', 'truee'],
    CLAIM_START_TIMEOUT_SECONDS: ['-1', '1e400'],
    TASK_RETENTION_SECONDS: ['-1', 'for ever'],
    DELIVERY_RETENTION_SECONDS: ['-1', 'a week'],
    DELIVERY_MAX_ATTEMPTS: ['0', '-1', '1.5', 'ten'],
    DELIVERY_BACKOFF_MAX_SECONDS: ['0', '-1', 'x'],
    MAX_BODY_BYTES: ['0', '-1', '1.5', '1MiB', '9007199254740993'],
    ALLOWED_PROVIDER_CATEGORIES: ['[]', ',', '[1]'],
    PROVIDER_RESULT_TTL_SECONDS: ['0', '-1', 'x'],
    PROVIDER_INFLIGHT_TTL_SECONDS: ['0', 'x'],
    PROVIDER_LONG_POLL_DEFAULT_SECONDS: ['-1', 'x'],
    PROVIDER_LONG_POLL_MAX_SECONDS: ['-1', 'Infinity'],
    PROVIDER_RESULT_MAX_BYTES: ['0', '64MiB'],
  };

  it('have examples of bad values below, each', () => {
    expect(
      Object.keys(BAD)
        .map((name) => `ZNDRAW_JOBLIB_${name}`)
        .sort(),
    ).toEqual(SETTINGS.map(({ env }) => env).sort());
  });

  it.each(Object.entries(BAD))('%s refuses %j, naming the variable and its value', (name, texts) => {
    for (const text of texts) {
      const read = (): unknown => settingsFromEnv({ [`ZNDRAW_JOBLIB_${name}`]: text });
      expect(read).toThrow(`ZNDRAW_JOBLIB_${name}='${text}': wants `);
    }
  });

  describe('reach the server', () => {
    const CATEGORIES = 'ZNDRAW_JOBLIB_ALLOWED_CATEGORIES';
    let scene: Scene | undefined;
    afterEach(async () => {
      delete process.env[CATEGORIES];
      await scene?.close();
      scene = undefined;
    });

    it('and give way to its options', async () => {
      process.env[CATEGORIES] = 'magic';
      scene = await Scene.start();
      bodyOf(201, await scene.ann.register('lab:magic:Rotate'));
      expectProblem(await scene.ann.register(ROTATE), 'InvalidCategory');
      await scene.close();
      scene = await Scene.start({ settings: { allowedCategories: ['modifiers'] } });
      expectProblem(await scene.ann.register('lab:magic:Rotate'), 'InvalidCategory');
      bodyOf(201, await scene.ann.register(ROTATE));
    });

    it('and stop its start when they are bad, before the database is touched', async () => {
      process.env[CATEGORIES] = '[]';
      const initialize = jest.spyOn(DataSource.prototype, 'initialize');
      await expect(Scene.start()).rejects.toThrow(`${CATEGORIES}='[]'`);
      expect(initialize).not.toHaveBeenCalled();
      initialize.mockRestore();
    });
  });
});
