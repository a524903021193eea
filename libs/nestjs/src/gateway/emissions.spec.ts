import { describe, expect, it } from '@jest/globals';
import type { RoomEvent } from '@joblib/contract';

import { jobsInvalidateEvents } from '../domain/job-events.js';
import { emissionsOf } from './emissions.js';

const available = (task_id: string): RoomEvent => ({
  name: 'task_available',
  room: 'jobs:r:modifiers:A',
  payload: { job_name: 'r:modifiers:A', room_id: 'r', task_id },
});

describe('emissionsOf', () => {
  it('sends one event to a reserved room and to every room, so that nobody hears it twice', () => {
    expect(emissionsOf(jobsInvalidateEvents('@global'))).toEqual([
      { name: 'jobs_invalidate', rooms: ['room:@global', 'room:*'], payload: {} },
    ]);
  });

  it('keeps events apart that say more than their name', () => {
    expect(emissionsOf([available('1'), available('2')]).map(({ rooms, payload }) => [rooms, payload])).toEqual([
      [['jobs:r:modifiers:A'], available('1').payload],
      [['jobs:r:modifiers:A'], available('2').payload],
    ]);
  });

  it('keeps the order: only neighbours become one', () => {
    const events = [...jobsInvalidateEvents('r'), available('1'), ...jobsInvalidateEvents('s')];
    expect(emissionsOf(events).map(({ name, rooms }) => [name, ...rooms])).toEqual([
      ['jobs_invalidate', 'room:r'],
      ['task_available', 'jobs:r:modifiers:A'],
      ['jobs_invalidate', 'room:s'],
    ]);
  });
});
