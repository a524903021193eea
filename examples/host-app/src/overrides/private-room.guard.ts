import { Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { Caller, RoomReadGuard } from '@joblib/nestjs';
import { Rooms } from '../rooms/rooms.service.js';

/** `ROOM_READ_GUARD`: into a private room only its owner looks. */
@Injectable()
export class PrivateRoomGuard implements RoomReadGuard {
  constructor(private readonly rooms: Rooms) {}

  async assertReadable(roomId: string, caller: Caller): Promise<void> {
    const owner = (await this.rooms.find(roomId))?.owner ?? caller.id;
    if (owner !== caller.id) throw new ProblemError('Forbidden', `Room '${roomId}' is private.`);
  }
}
