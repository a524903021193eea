import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, roomIdDefect } from '@joblib/contract';

import { ROOM_GUARD, ROOM_READ_GUARD } from '../ports/index.js';
import type { Caller, RoomGuard, RoomReadGuard } from '../ports/index.js';

/** @throws ProblemError `InvalidRoomId` when the text is no room id. */
export function validateRoomId(roomId: string): void {
  const defect = roomIdDefect(roomId);
  if (defect !== null) throw new ProblemError('InvalidRoomId', defect);
}

/** May this caller write to, or read from, this room? The format first, then what the host says. */
@Injectable()
export class RoomAccess {
  constructor(
    @Inject(ROOM_GUARD) private readonly guard: RoomGuard,
    @Inject(ROOM_READ_GUARD) private readonly readGuard: RoomReadGuard,
  ) {}

  /** @throws ProblemError `InvalidRoomId`, or what the host's guard refuses with. */
  async assertWritable(roomId: string, caller: Caller): Promise<void> {
    validateRoomId(roomId);
    await this.guard.assertWritable(roomId, caller);
  }

  /** @throws ProblemError `InvalidRoomId`, or what the host's guard refuses with. */
  async assertReadable(roomId: string, caller: Caller): Promise<void> {
    validateRoomId(roomId);
    await this.readGuard.assertReadable(roomId, caller);
  }
}
