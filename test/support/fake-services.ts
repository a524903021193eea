import { RecordingLogger } from '@joblib/plugins/testing';
import { Supervisor } from '@joblib/plugins/services';
import type { ServiceDefinition } from '@joblib/plugins/services';

import { FakeServiceClock } from '../../libs/plugins/src/services/fake-service-clock.fixture.js';
import { FakeService } from '../../libs/plugins/src/services/fake-service.fixture.js';

export type FakeDefinition = Omit<ServiceDefinition, 'plugin'>;

/** Services that do as they are told, under a supervisor whose clock stands still. */
export class FakeServices {
  readonly clock = new FakeServiceClock();
  readonly logger = new RecordingLogger();
  readonly supervisor: Supervisor;
  readonly #plugins: ReadonlyMap<string, FakeService>;

  /** @param definitions by name. */
  constructor(definitions: Readonly<Record<string, FakeDefinition>>) {
    this.#plugins = new Map(Object.keys(definitions).map((name) => [name, new FakeService(name)]));
    const { clock, logger } = this;
    this.supervisor = new Supervisor(
      Object.entries(definitions).map(([name, definition]) => ({
        ...definition,
        plugin: this.plugin(name),
        policy: { maxRetries: 0, restart: 'never', ...definition.policy },
      })),
      { clock, logger },
    );
  }

  plugin(name: string): FakeService {
    const plugin = this.#plugins.get(name);
    if (plugin === undefined) throw new Error(`There is no service ${name}.`);
    return plugin;
  }

  /** Lets the supervisor look how it is: nothing but its health changes. */
  async feel(name: string, health: 'healthy' | 'unhealthy' | 'unknown'): Promise<void> {
    this.plugin(name).mood.health = health;
    await this.clock.advance(5);
  }
}
