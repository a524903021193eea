import { Inject, Injectable, Logger } from '@nestjs/common';
import { socketRoomOfProvider } from '@joblib/contract';

import { providerJoinedTopic } from '../domain/topics.js';
import { WAKE_UPS } from '../ports/index.js';
import type { WakeUps } from '../ports/index.js';

/** What is needed of a Socket.IO server or namespace to find sockets, on whichever server they are. */
export interface AudienceFinder {
  in(room: string): { fetchSockets(): Promise<readonly unknown[]> };
}

/** Knows whether somebody hears what a provider is asked. Providers are called by their full names, "room_id:category:name". */
@Injectable()
export class ProviderAudience {
  readonly #logger = new Logger('ProviderAudience');
  /** Looks that began in this turn of the event loop. */
  readonly #looks = new Map<string, Promise<number | null>>();
  #finder: AudienceFinder | null = null;

  constructor(@Inject(WAKE_UPS) private readonly wakeUps: WakeUps) {}

  /** Where to look for sockets. Without it nobody can tell, and everybody counts as connected. */
  attach(finder: AudienceFinder): void {
    this.#finder = finder;
  }

  /** `true` also when nobody can tell. */
  async hasListener(fullName: string): Promise<boolean> {
    return (await this.countListeners(fullName)) !== 0;
  }

  /** Sockets that hear what the provider is asked, on all servers; `null` when nobody can tell. One look for all who ask in one turn. */
  countListeners(fullName: string): Promise<number | null> {
    const known = this.#looks.get(fullName);
    if (known !== undefined) return known;
    const look = this.#look(fullName);
    this.#looks.set(fullName, look);
    setImmediate(() => this.#looks.delete(fullName));
    return look;
  }

  /** To be called when a socket has joined that was not there before: whoever asked the provider for something hears of it, on any server. */
  joined(fullName: string): void {
    this.wakeUps.notify(providerJoinedTopic(fullName));
  }

  /** @returns the function that ends the subscription. */
  onJoined(fullName: string, listener: () => void): () => void {
    return this.wakeUps.subscribe(providerJoinedTopic(fullName), listener);
  }

  async #look(fullName: string): Promise<number | null> {
    if (this.#finder === null) return null;
    try {
      return (await this.#finder.in(socketRoomOfProvider(fullName)).fetchSockets()).length;
    } catch (error) {
      this.#logger.warn(`Whether '${fullName}' is connected is not known: ${String(error)}`);
      return null;
    }
  }
}
