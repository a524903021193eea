import { Injectable } from '@nestjs/common';
import { validateRoomId } from '@joblib/nestjs';
import { IsNull } from 'typeorm';
import { StudioSessions } from '../database/studio-sessions.js';
import { Room } from './room.entity.js';

/** Our rooms, by the same ids as those of joblib. */
@Injectable()
export class Rooms {
  constructor(private readonly sessions: StudioSessions) {}

  find(id: string): Promise<Room | null> {
    return this.sessions.read(({ manager }) => manager.findOneBy(Room, { id }));
  }

  /** @throws ProblemError `InvalidRoomId`. */
  async save(room: Room): Promise<Room> {
    validateRoomId(room.id);
    return this.sessions.transaction(({ manager }) => manager.save(Room, room));
  }

  /** Removes what says no more than that a room is open to everybody. */
  async removePlain(): Promise<void> {
    await this.sessions.transaction(({ manager }) => manager.delete(Room, { isLocked: false, owner: IsNull() }));
  }
}
