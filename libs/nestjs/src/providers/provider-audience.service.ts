import { Injectable, Logger } from '@nestjs/common';
import { socketRoomOfProvider } from '@joblib/contract';

/** What is needed of a Socket.IO server or namespace to find sockets, on whichever server they are. */
export interface AudienceFinder {
  in(room: string): { fetchSockets(): Promise<readonly unknown[]> };
}

/** Knows whether somebody hears what a provider is asked. */
@Injectable()
export class ProviderAudience {
  readonly #logger = new Logger('ProviderAudience');
  #finder: AudienceFinder | null = null;

  /** Where to look for sockets. Without it nobody can tell, and everybody counts as connected. */
  attach(finder: AudienceFinder): void {
    this.#finder = finder;
  }

  /** @param fullName "room_id:category:name"; `true` also when nobody can tell. */
  async hasListener(fullName: string): Promise<boolean> {
    if (this.#finder === null) return true;
    try {
      return (await this.#finder.in(socketRoomOfProvider(fullName)).fetchSockets()).length > 0;
    } catch (error) {
      this.#logger.warn(`Whether '${fullName}' is connected is not known: ${String(error)}`);
      return true;
    }
  }
}
