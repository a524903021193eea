/** A server that said nothing for so long, not even farewell, is believed to be gone for good. */
const FORGET_MS = 300_000;

/** Who else is there, as far as they said. */
export class ServerRoll {
  /** When each was last heard; on the clock of `performance.now()`. */
  readonly #heard = new Map<string, number>();

  hears(serverId: string, nowMs: number): void {
    this.#heard.set(serverId, nowMs);
  }

  /** It said that it goes. */
  leaves(serverId: string): void {
    this.#heard.delete(serverId);
  }

  /** How many others there may be: also those that went silent, since a server may have lost Redis and still have its sockets. */
  count(nowMs: number): number {
    for (const [serverId, heardMs] of this.#heard) if (nowMs - heardMs > FORGET_MS) this.#heard.delete(serverId);
    return this.#heard.size;
  }
}
