import { setMaxListeners } from 'node:events';

import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';

/** Tells everything that is held that the server stops: held calls are answered with what is known, nothing new is held. */
@Injectable()
export class StopSignal implements OnModuleDestroy {
  readonly #controller = new AbortController();

  constructor() {
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  onModuleDestroy(): void {
    this.#controller.abort();
  }
}
