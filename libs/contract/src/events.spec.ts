import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CLIENT_EVENTS, EVERY_ROOM, SERVER_EVENTS, socketRoomOfJob, socketRoomOfRoom } from './events.js';
import { GLOBAL_ROOM, roomIdDefect } from './full-name.js';

describe('events', () => {
  it('have unique snake_case names, both ways together', () => {
    const names = [...SERVER_EVENTS, ...CLIENT_EVENTS];
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z]+(_[a-z]+)*$/.test(name))).toEqual([]);
  });

  it('go to the socket room of a room or of a job', () => {
    expect([socketRoomOfRoom('lab'), socketRoomOfRoom(GLOBAL_ROOM), socketRoomOfJob('lab:modifiers:Rotate')]).toEqual([
      'room:lab',
      'room:@global',
      'jobs:lab:modifiers:Rotate',
    ]);
  });

  it('reach every room by a name that no room has, not even the one called *', () => {
    const roomId = fc.oneof(fc.constant('*'), fc.string({ minLength: 1, maxLength: 3 })).filter((id) => roomIdDefect(id) === null);
    fc.assert(
      fc.property(roomId, roomId, (one, other) => {
        expect(socketRoomOfRoom(one)).not.toBe(EVERY_ROOM);
        expect(socketRoomOfRoom(one) === socketRoomOfRoom(other)).toBe(one === other);
      }),
    );
  });
});
