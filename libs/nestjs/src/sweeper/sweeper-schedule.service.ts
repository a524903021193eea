import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';

import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { JoblibSettings } from '../ports/index.js';
import { Sweeper } from './sweeper.service.js';

const SWEEP = 'joblib/sweep';
const PUT_BACK = 'joblib/put-back';

/** Between two looks for unstarted tasks: a quarter of their time-out, within these bounds. */
const PUT_BACK_INTERVAL_MS = { least: 250, most: 30_000 };

/** A registry of our own: a host that asks its application for the `SchedulerRegistry` is to find its own. */
@Injectable()
export class SweepTimers extends SchedulerRegistry {}

/** Sweeps at the interval of the settings, registered by name. */
@Injectable()
export class SweeperSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  #running: Promise<unknown> = Promise.resolve();
  #isBusy = false;

  constructor(
    private readonly sweeper: Sweeper,
    private readonly registry: SweepTimers,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.#every(SWEEP, this.settings.sweeperIntervalSeconds * 1000, () => this.sweeper.sweepOnce());
    const { least, most } = PUT_BACK_INTERVAL_MS;
    const quarterMs = this.settings.claimStartTimeoutSeconds * 250;
    if (quarterMs > 0) this.#every(PUT_BACK, Math.min(Math.max(quarterMs, least), most), () => this.sweeper.putBackUnstarted());
  }

  /** Resolves when a sweep that is under way has ended and the next server may sweep. */
  async onModuleDestroy(): Promise<void> {
    for (const name of [SWEEP, PUT_BACK]) if (this.registry.doesExist('interval', name)) this.registry.deleteInterval(name);
    await this.#running;
    await this.sweeper.release();
  }

  #every(name: string, intervalMs: number, work: () => Promise<unknown>): void {
    const interval = setInterval(() => this.#run(work), intervalMs);
    this.registry.addInterval(name, interval.unref());
  }

  /** One at a time: a sweep that takes longer than the interval skips the next. */
  #run(work: () => Promise<unknown>): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#running = work().finally(() => (this.#isBusy = false));
  }
}
