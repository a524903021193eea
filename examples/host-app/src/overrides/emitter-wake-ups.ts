import { EventEmitter } from 'node:events';
import type { WakeUps } from '@joblib/nestjs';

/** `WAKE_UPS`: through an emitter of ours. */
export class EmitterWakeUps implements WakeUps {
  /** How many hints were given since the start. */
  count = 0;
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  notify(topic: string): void {
    this.count += 1;
    this.#emitter.emit(`topic ${topic}`);
  }

  subscribe(topic: string, listener: () => void): () => void {
    // Each subscription has a listener of its own: ending one leaves another with the same function alone.
    const own = (): void => listener();
    this.#emitter.on(`topic ${topic}`, own);
    return () => void this.#emitter.off(`topic ${topic}`, own);
  }
}
