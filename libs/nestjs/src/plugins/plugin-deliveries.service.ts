import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { PluginManager } from '@joblib/plugins';

import { OUTBOX_TOPIC, PLUGINS_TOPIC } from '../domain/topics.js';
import type { AttemptOutcome } from '../persistence/index.js';
import { CLOCK, PLUGIN_MANAGER, WAKE_UPS } from '../ports/index.js';
import type { Clock, ServerPlugins, WakeUps } from '../ports/index.js';
import { DeliverToPlugin } from './deliver-to-plugin.service.js';
import { HandOutTasks } from './hand-out-tasks.service.js';
import { Paced } from './paced.js';
import { PluginAudience } from './plugin-audience.service.js';

/** How often a server looks by itself: for what other servers put out, or left behind, and for their plugins. */
const LOOK_INTERVAL_MS = 15_000;

/** Between two looks for what is put out: handing out many tasks together costs half of what each alone does. */
const PACE_MS = 50;

/** How long a stopping server lets its plugins come to an end. */
const STOP_GRACE_MS = 3000;

/**
 * Brings tasks to this server's plugins: when one is put out, when a pause is over, and every so often. Each plugin has its own line; the
 * next delivery to it begins when the one before is settled.
 */
@Injectable()
export class PluginDeliveries implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Plugins');
  readonly #stop = new AbortController();
  readonly #subscriptions: (() => void)[] = [];
  /** The line of each plugin that is worked on; `isAskedAgain`: something may have come since it began. */
  readonly #lines = new Map<string, { work: Promise<void>; isAskedAgain: boolean }>();
  readonly #outboxLooks = new Paced(() => this.#lookSoon(), PACE_MS);
  #looks: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly audience: PluginAudience,
    private readonly handOut: HandOutTasks,
    private readonly deliver: DeliverToPlugin,
    @Inject(PLUGIN_MANAGER) private readonly manager: ServerPlugins,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Before the first request: no task may end while it is not known who waits for it. */
  async onApplicationBootstrap(): Promise<void> {
    await this.manager?.discover();
    await this.#attempt(() => this.audience.learn());
    // Another part of the application may have failed to start meanwhile.
    if (this.#stop.signal.aborted) return;
    if (this.manager === null && this.audience.isAlone) return;
    this.#subscriptions.push(this.wakeUps.subscribe(PLUGINS_TOPIC, () => void this.#attempt(() => this.audience.refresh())));
    this.#timer = setInterval(() => void this.#lookAround(), LOOK_INTERVAL_MS).unref();
    if (this.manager === null) return;
    this.#subscriptions.push(this.wakeUps.subscribe(OUTBOX_TOPIC, () => this.#outboxLooks.ask()));
    this.#lookSoon();
  }

  /** What is under way is told to end, and is given back when it does not succeed. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#outboxLooks.end();
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
    this.#stop.abort(new Error('The server stops.'));
    await Promise.race([this.#settled(), delay(STOP_GRACE_MS, undefined, { ref: false })]);
  }

  /** Hands out and delivers all that is due now. Resolves when that is done; a failure is logged, and made up for later. */
  async deliverDue(): Promise<void> {
    const { manager } = this;
    if (manager === null || this.#stop.signal.aborted) return;
    await this.#attempt(() => this.handOut.handOutAll());
    await Promise.all([...manager.getPlugins().keys()].map((plugin) => this.#workOn(manager, plugin)));
  }

  async #lookAround(): Promise<void> {
    await this.#attempt(() => this.audience.refresh());
    await this.deliverDue();
  }

  #lookSoon(): void {
    this.#looks = Promise.all([this.#looks, this.deliverDue()]);
  }

  async #settled(): Promise<void> {
    await this.#looks;
    await Promise.all([...this.#lines.values()].map(({ work }) => work));
  }

  #workOn(manager: PluginManager, plugin: string): Promise<void> {
    const line = this.#lines.get(plugin);
    if (line !== undefined) {
      line.isAskedAgain = true;
      return line.work;
    }
    const begun = { isAskedAgain: true, work: Promise.resolve() };
    this.#lines.set(plugin, begun);
    begun.work = this.#deliverAll(manager, plugin, begun).finally(() => this.#lines.delete(plugin));
    return begun.work;
  }

  async #deliverAll(manager: PluginManager, plugin: string, line: { isAskedAgain: boolean }): Promise<void> {
    while (line.isAskedAgain && !this.#stop.signal.aborted) {
      line.isAskedAgain = false;
      await this.#attempt(() => this.deliver.deliverAll(manager, plugin, this.#stop.signal, (outcome) => this.#lookAgainAfter(outcome)));
    }
  }

  #lookAgainAfter(outcome: AttemptOutcome): void {
    if (outcome.kind !== 'failed' || outcome.nextAttemptAt === null) return;
    setTimeout(() => this.#lookSoon(), Math.max(outcome.nextAttemptAt - this.clock.now(), 0)).unref();
  }

  async #attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // An outage is told once, by whoever keeps the log of them.
      if (error instanceof ProblemError && error.problem === 'DatabaseUnavailable') return;
      this.#logger.error(`Delivering to plugins failed: ${String(error)}`);
    }
  }
}
