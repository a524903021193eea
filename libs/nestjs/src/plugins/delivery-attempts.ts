import { Injectable } from '@nestjs/common';

/**
 * `delivered`; `retrying`: it failed and is tried again later; `failed`: for good; `given-back`: the server stopped, or had the plugin no
 * more, and it counts as if it had not been begun.
 */
export type DeliveryOutcome = 'delivered' | 'retrying' | 'failed' | 'given-back';

/** What one attempt at a delivery came to. */
export interface DeliveryAttempt {
  readonly plugin: string;
  readonly outcome: DeliveryOutcome;
  /** From the moment that the plugin was to be called. */
  readonly durationMs: number;
}

type Listener = (attempt: DeliveryAttempt) => void;

/** Tells of the attempts of this server, once what became of them is in the database. */
@Injectable()
export class DeliveryAttempts {
  readonly #listeners = new Set<Listener>();

  /** @returns the way to end it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(attempt: DeliveryAttempt): void {
    for (const listener of this.#listeners) listener(attempt);
  }
}
