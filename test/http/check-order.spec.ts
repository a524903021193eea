import { ProblemError } from '@joblib/contract';
import type { ProblemName } from '@joblib/contract';
import { ROOM_GUARD, ROOM_READ_GUARD } from '@joblib/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { rawRequest } from './raw-request.js';
import { NOBODY, ROTATE, Scene } from './scene.js';

const MAX_BODY_BYTES = 2000;
const TOO_LARGE = JSON.stringify({ text: 'x'.repeat(MAX_BODY_BYTES) });
const locked = (roomId: string): Promise<void> =>
  roomId === 'locked' ? Promise.reject(new ProblemError('RoomLocked', 'It is locked.')) : Promise.resolve();

interface Faults {
  readonly noToken?: boolean;
  readonly body?: string;
  readonly mediaType?: string;
  readonly path: string;
}

interface Case {
  readonly method: string;
  /** From the most to the least important; each still has the faults of all behind it. */
  readonly steps: readonly (readonly [problem: ProblemName, faults: Faults])[];
}

describe('what is wrong with a request is told in this order', () => {
  let scene: Scene;
  let anns: string;
  let taskOfAnn: string;

  beforeAll(async () => {
    const overrides = [
      { provide: ROOM_GUARD, useValue: { assertWritable: locked } },
      { provide: ROOM_READ_GUARD, useValue: { assertReadable: locked } },
    ];
    scene = await Scene.start({ overrides, settings: { maxBodyBytes: MAX_BODY_BYTES, payloadValidation: true } });
    anns = (await scene.aJob(ROTATE, { schema: { type: 'object', required: ['angle'] } })).worker_id;
    taskOfAnn = (await scene.aTask(ROTATE, { angle: 1 })).id;
    await scene.ann.claim();
    await scene.ann.report(taskOfAnn, 'running');
  });
  afterAll(() => scene.close());

  const bodies = (path: string, valid = '{}') => ({
    noToken: { path, noToken: true, body: TOO_LARGE, mediaType: 'text/plain' },
    tooLarge: { path, body: TOO_LARGE, mediaType: 'text/plain' },
    wrongType: { path, body: '{', mediaType: 'text/plain' },
    noJson: { path, body: '{' },
    wrongShape: { path, body: '[]' },
    valid: { path, body: valid },
  });

  const cases: readonly (readonly [string, () => Case])[] = [
    [
      'submitting',
      () => {
        const bad = bodies('/rooms/a:b/tasks/none');
        return {
          method: 'POST',
          steps: [
            ['Unauthorized', bad.noToken],
            ['PayloadTooLarge', bad.tooLarge],
            ['UnsupportedMediaType', bad.wrongType],
            ['MalformedBody', bad.noJson],
            ['ValidationError', bad.wrongShape],
            ['ValidationError', { ...bad.valid, body: '{"payload":5}' }],
            ['InvalidRoomId', bad.valid],
            ['RoomLocked', { path: '/rooms/locked/tasks/none', body: '{}' }],
            ['JobNotFound', { path: '/rooms/lab/tasks/none', body: '{}' }],
            ['PayloadInvalid', { path: `/rooms/lab/tasks/${ROTATE}`, body: '{}' }],
          ],
        };
      },
    ],
    [
      'registering',
      () => {
        const bad = bodies('/rooms/a:b/jobs', '{"category":"magic","name":"x"}');
        const worker = `"worker_id":"${anns}"`;
        return {
          method: 'PUT',
          steps: [
            ['Unauthorized', bad.noToken],
            ['PayloadTooLarge', bad.tooLarge],
            ['UnsupportedMediaType', bad.wrongType],
            ['MalformedBody', bad.noJson],
            ['ValidationError', { ...bad.valid, body: '{"category":"a:b","name":"x"}' }],
            ['ValidationError', { ...bad.valid, body: '{"category":"magic","name":"x","schema":{"type":5}}' }],
            ['InvalidRoomId', bad.valid],
            ['Forbidden', { path: '/rooms/@global/jobs', body: '{"category":"magic","name":"x"}' }],
            ['RoomLocked', { path: '/rooms/locked/jobs', body: '{"category":"magic","name":"x"}' }],
            ['InvalidCategory', { path: '/rooms/lab/jobs', body: `{"category":"magic","name":"Rotate",${worker}}` }],
            ['WorkerNotFound', { path: '/rooms/lab/jobs', body: `{"category":"modifiers","name":"Rotate",${worker}}` }],
            ['SchemaConflict', { path: '/rooms/lab/jobs', body: `{"category":"modifiers","name":"Rotate"}` }],
          ],
        };
      },
    ],
    [
      'reporting',
      () => {
        const bad = bodies(`/tasks/${NOBODY}`, '{"status":"claimed"}');
        return {
          method: 'PATCH',
          steps: [
            ['Unauthorized', bad.noToken],
            ['PayloadTooLarge', bad.tooLarge],
            ['UnsupportedMediaType', bad.wrongType],
            ['MalformedBody', bad.noJson],
            ['ValidationError', bad.wrongShape],
            ['TaskNotFound', bad.valid],
            ['Forbidden', { path: `/tasks/${taskOfAnn}`, body: '{"status":"claimed"}' }],
          ],
        };
      },
    ],
    [
      'claiming',
      () => {
        const bad = bodies('/tasks/claim', `{"worker_id":"${NOBODY}"}`);
        return {
          method: 'POST',
          steps: [
            ['Unauthorized', bad.noToken],
            ['PayloadTooLarge', bad.tooLarge],
            ['UnsupportedMediaType', bad.wrongType],
            ['MalformedBody', bad.noJson],
            ['ValidationError', { ...bad.valid, body: `{"worker_id":"${NOBODY}","max_tasks":0}` }],
            ['WorkerNotFound', bad.valid],
            ['Forbidden', { path: '/tasks/claim', body: `{"worker_id":"${anns}"}` }],
          ],
        };
      },
    ],
    [
      'beating',
      () => {
        const bad = bodies(`/workers/${NOBODY}`);
        return {
          method: 'PATCH',
          steps: [
            ['Unauthorized', bad.noToken],
            ['PayloadTooLarge', bad.tooLarge],
            ['UnsupportedMediaType', bad.wrongType],
            ['MalformedBody', bad.noJson],
            ['WorkerNotFound', bad.valid],
            ['Forbidden', { path: `/workers/${anns}`, body: '{}' }],
          ],
        };
      },
    ],
    [
      'listing',
      () => ({
        method: 'GET',
        steps: [
          ['Unauthorized', { path: '/rooms/a:b/jobs/none/tasks?limit=x', noToken: true }],
          ['ValidationError', { path: '/rooms/a:b/jobs/none/tasks?limit=x' }],
          ['ValidationError', { path: '/rooms/a:b/jobs/none/tasks?status=x' }],
          ['InvalidRoomId', { path: '/rooms/a:b/jobs/none/tasks' }],
          ['RoomLocked', { path: '/rooms/locked/jobs/none/tasks' }],
          ['JobNotFound', { path: '/rooms/lab/jobs/none/tasks' }],
        ],
      }),
    ],
  ];

  it.each(cases)('%s', async (_, makeCase) => {
    const { method, steps } = makeCase();
    const before = await scene.contents();
    for (const [problem, { path, body, noToken = false, mediaType = 'application/json' }] of steps) {
      const answer = await rawRequest(scene.server.origin, {
        method,
        path: `/v1/joblib${path}`,
        headers: { ...(noToken ? {} : { authorization: 'Bearer eve' }), ...(body === undefined ? {} : { 'content-type': mediaType }) },
        ...(body === undefined ? {} : { body }),
      });
      const { type } = answer.body as { type: string };
      expect({ path, body: body?.slice(0, 80), type: nameOf(type) }).toEqual({ path, body: body?.slice(0, 80), type: problem });
    }
    expect(await scene.contents()).toEqual(before);
  });

  it('state comes last', async () => {
    const answer = await scene.ann.report(taskOfAnn, 'pending');
    expect(nameOf((answer.body as unknown as { type: string }).type)).toBe('InvalidTaskTransition');
  });
});

/** "/v1/problems/job-not-found" → "JobNotFound" */
function nameOf(type: string): string {
  const id = type.split('/').at(-1) ?? '';
  return id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
