import { Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { Caller, RoomGuard } from '@joblib/nestjs';
import { Rooms } from '../rooms/rooms.service.js';

/** `ROOM_GUARD`: into a locked room only superusers write. */
@Injectable()
export class LockedRoomGuard implements RoomGuard {
  constructor(private readonly rooms: Rooms) {}

  async assertWritable(roomId: string, caller: Caller): Promise<void> {
    if (caller.isSuperuser) return;
    if ((await this.rooms.find(roomId))?.isLocked === true) throw new ProblemError('RoomLocked', `Room '${roomId}' is locked.`);
  }
}
