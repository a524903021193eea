/** Told which rooms lost providers, for hosts that keep something of their own for what a provider showed there. */
export interface ProviderRoomCleanup {
  /**
   * Called after the commit that removed providers, with the ids of their rooms, each once. A rejection is logged and changes nothing.
   */
  providersRemoved(roomIds: readonly string[]): Promise<void>;
}

export const PROVIDER_ROOM_CLEANUP = Symbol.for('joblib/ProviderRoomCleanup');

/** Default: nothing is kept, nothing is cleaned up. */
export class NoProviderRoomCleanup implements ProviderRoomCleanup {
  providersRemoved(): Promise<void> {
    return Promise.resolve();
  }
}
