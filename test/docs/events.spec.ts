import { describe, expect, it } from '@jest/globals';
import { CLIENT_EVENTS, SERVER_EVENTS } from '@joblib/contract';
import type { ClientEvents, ServerEvents } from '@joblib/contract';

import { codesIn, fieldsIn, readPage, sectionOf, sectionsOf } from './markdown.js';

type EventFields<Events> = { readonly [Name in keyof Events]: Readonly<Record<keyof Events[Name], true>> };

// The compiler refuses a field too few or too many.
const CLIENT_FIELDS: EventFields<ClientEvents> = {
  join_job_room: { job_name: true, worker_id: true },
  leave_job_room: { job_name: true, worker_id: true },
  join_provider_room: { provider_name: true, worker_id: true },
  leave_provider_room: { provider_name: true, worker_id: true },
  room_join: { room_id: true },
  room_leave: { room_id: true },
};
const SERVER_FIELDS: EventFields<ServerEvents> = {
  jobs_invalidate: {},
  task_available: { job_name: true, room_id: true, task_id: true },
  task_cancelled: { job_name: true, room_id: true, task_id: true },
  providers_invalidate: {},
  provider_request: { request_id: true, provider_name: true, params: true },
  provider_result_ready: { provider_name: true, request_hash: true },
  plugins_invalidate: {},
  services_invalidate: {},
  task_status_event: {
    id: true,
    name: true,
    room_id: true,
    status: true,
    created_at: true,
    started_at: true,
    completed_at: true,
    queue_position: true,
    worker_id: true,
    error: true,
    progress: true,
    result: true,
  },
};

const page = readPage('events.md');

/** Fields of the payload that a section opens with: a `{list}` in its first line, or its JSON example. */
function payloadFields(section: string): string[] {
  const [opening = ''] = codesIn(section.trim().split('\n')[0] ?? '');
  if (opening.startsWith('{')) return fieldsIn(opening).sort();
  const example = /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '{}';
  return Object.keys(JSON.parse(example) as object).sort();
}

describe.each([
  ['Client to server', CLIENT_EVENTS as readonly string[], CLIENT_FIELDS as Readonly<Record<string, object>>],
  ['Server to client', SERVER_EVENTS as readonly string[], SERVER_FIELDS as Readonly<Record<string, object>>],
])('docs/events.md, %s', (heading, names, fields) => {
  const sections = sectionsOf(sectionOf(page, 2, heading), 3);

  it('has every event there is, and no other', () => {
    expect(sections.map((section) => section.heading.replaceAll('`', '')).sort()).toEqual([...names].sort());
  });

  it.each(names)('shows the whole payload of %s', (name) => {
    const text = sections.find((section) => section.heading === `\`${name}\``)?.text ?? '';
    expect(payloadFields(text)).toEqual(Object.keys(fields[name] ?? {}).sort());
  });
});
