import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { ServiceChange } from '@joblib/plugins/services';

import { SERVICES_TOPIC } from '../domain/topics.js';
import { WAKE_UPS } from '../ports/index.js';
import type { WakeUps } from '../ports/index.js';
import { OwnServices } from './own-services.js';
import { ServiceExchange } from './service-exchange.service.js';
import type { RequestedCall } from './service-exchange.service.js';

/** How often a server says that it lives, and looks for what others told and asked. */
const LOOK_INTERVAL_MS = 5000;

/** How long a stopping server tries to say so. */
const LEAVE_GRACE_MS = 2000;

/**
 * When servers exchange what they know of services: at each change, when another one has news, and every so often. One exchange at a time;
 * what changes meanwhile is told by the next. What could not be told is told later.
 */
@Injectable()
export class ServiceRounds implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Services');
  readonly #subscriptions: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isChanged = true;
  #offered: ReadonlySet<string> = new Set();
  #underWay: Promise<void> | null = null;
  #isAskedAgain = false;

  constructor(
    private readonly own: OwnServices,
    private readonly exchange: ServiceExchange,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  onModuleInit(): void {
    this.#subscriptions.push(this.own.onChange((change) => this.#changed(change)));
  }

  /** Before the first request: what other servers have closed is closed here too. */
  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    if (this.#isIdle) return;
    this.#subscriptions.push(this.wakeUps.subscribe(SERVICES_TOPIC, () => void this.look()));
    this.#timer = setInterval(() => void this.look(), LOOK_INTERVAL_MS).unref();
  }

  /** What changed last is told before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
    this.#isStopping = true;
    const left = this.#attempt(async () => {
      await this.#underWay;
      await this.exchange.leave();
    });
    await Promise.race([left, delay(LEAVE_GRACE_MS, undefined, { ref: false })]);
  }

  /** Tells and learns what is news. Resolves when that is done, and what was asked of this server begun; a failure is made up for later. */
  look(): Promise<void> {
    this.#isAskedAgain = true;
    this.#underWay ??= this.#lookUntilQuiet().finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  /** There is nothing to tell, and nobody to tell it. */
  get #isIdle(): boolean {
    return this.own.isNone && this.exchange.isAlone;
  }

  #changed({ status: { state, health, jobs } }: ServiceChange): void {
    this.#isChanged = true;
    if (state === 'running' && health === 'healthy') this.#offered = new Set([...this.#offered, ...jobs]);
    void this.look();
  }

  async #lookUntilQuiet(): Promise<void> {
    while (this.#isAskedAgain && !this.#isStopping) {
      this.#isAskedAgain = false;
      await this.#attempt(() => this.#lookOnce());
    }
    if (this.#isIdle) clearInterval(this.#timer);
  }

  async #lookOnce(): Promise<void> {
    const news = { isThere: this.#isChanged, offered: this.#offered };
    this.#isChanged = false;
    this.#offered = new Set();
    try {
      for (const call of await this.exchange.exchange(news)) await this.#carryOut(call);
    } catch (error) {
      this.#isChanged ||= news.isThere;
      this.#offered = new Set([...news.offered, ...this.#offered]);
      throw error;
    }
  }

  async #carryOut({ service, verb }: RequestedCall): Promise<void> {
    const refusal = await this.own.begin(service, verb);
    if (refusal !== null) this.#logger.warn(`Another server asked for a ${verb}, which comes to nothing: ${refusal.message}`);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // An outage is told once, by whoever keeps the log of them.
      if (error instanceof ProblemError && error.problem === 'DatabaseUnavailable') return;
      this.#logger.error(`Telling other servers about services failed: ${String(error)}`);
    }
  }
}
