import type { ProviderRoomCleanup } from '@joblib/nestjs';

/** `PROVIDER_ROOM_CLEANUP`: the rooms whose pictures have to be drawn anew. */
export class ForgetfulRooms implements ProviderRoomCleanup {
  readonly forgotten = new Set<string>();

  providersRemoved(roomIds: readonly string[]): Promise<void> {
    for (const roomId of roomIds) this.forgotten.add(roomId);
    return Promise.resolve();
  }
}
