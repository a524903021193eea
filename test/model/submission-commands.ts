import type { TaskView } from '@joblib/contract';
import * as fc from 'fast-check';

import { job, rarely, room, step, user } from './step.js';

const payload = fc.record({ n: fc.constantFrom(1, 1, 1, 2) }, { noNullPrototype: true });
const key = fc.constantFrom('one', 'one', 'one', 'two');

export const submit = step(
  'submit',
  fc.record({ user, room, job, payload, key: fc.option(key, { freq: 3 }) }),
  async ({ user: name, room: roomId, job: fullName, payload: sent, key: chosenKey }, model, world) => {
    const headers: Record<string, string> = chosenKey === null ? {} : { 'idempotency-key': chosenKey };
    const answer = await world.user(name).submit(roomId, fullName, sent, headers);
    const fresh = answer.status === 202 ? [answer.body.id] : [];
    world.expectNewer(fresh, model.everyTask);
    world.expectAnswer('submit', answer, model.submit(name, roomId, fullName, [sent], { key: chosenKey, isBatch: false }, fresh));
    if (answer.status < 300) world.expectSame(answer.headers.get('location'), `/v1/joblib/tasks/${answer.body.id}`);
  },
);

export const submitBatch = step(
  'submitBatch',
  fc.record({ user, room, job, payloads: fc.array(payload, { minLength: 1, maxLength: 3 }), key: fc.option(key, { freq: 3 }) }),
  async ({ user: name, room: roomId, job: fullName, payloads, key: chosenKey }, model, world) => {
    const headers: Record<string, string> = chosenKey === null ? {} : { 'idempotency-key': chosenKey };
    const path = `/rooms/${roomId}/tasks/${encodeURIComponent(fullName)}/batch`;
    const answer = await world.user(name).call<{ items: TaskView[] }>('POST', path, { payloads }, headers);
    const fresh = answer.status === 202 ? answer.body.items.map(({ id }) => id) : [];
    world.expectNewer(fresh, model.everyTask);
    world.expectAnswer('submitBatch', answer, model.submit(name, roomId, fullName, payloads, { key: chosenKey, isBatch: true }, fresh));
  },
);

/** Sends again what was sent under a key before, as it was or changed. */
export const resend = step('resend', fc.record({ back: fc.nat(3), isChanged: rarely() }), async ({ back, isChanged }, model, world) => {
  const [scope, first] = [...model.keys].at(-1 - back) ?? [];
  if (scope === undefined || first === undefined) return;
  const [name, roomId, fullName, used] = JSON.parse(scope) as [string, string, string, string];
  const [isBatch, sent] = JSON.parse(first.fingerprint) as [boolean, Record<string, unknown>[]];
  const payloads = isChanged ? sent.map((one) => ({ ...one, more: true })) : sent;
  const path = `/rooms/${roomId}/tasks/${encodeURIComponent(fullName)}${isBatch ? '/batch' : ''}`;
  const body = isBatch ? { payloads } : { payload: payloads[0] };
  const answer = await world.user(name).call<{ items?: TaskView[]; id: string }>('POST', path, body, { 'idempotency-key': used });
  const fresh = answer.status === 202 ? (answer.body.items ?? [answer.body]).map(({ id }) => id) : [];
  world.expectNewer(fresh, model.everyTask);
  world.expectAnswer(
    isBatch ? 'resendBatch' : 'resend',
    answer,
    model.submit(name, roomId, fullName, payloads, { key: used, isBatch }, fresh),
  );
});
