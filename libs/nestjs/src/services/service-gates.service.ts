import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';

import { closedJobs } from '../domain/closed-jobs.js';
import type { Service } from '../domain/service.js';
import { ClaimGates, ServiceStore } from '../persistence/index.js';
import type { Session } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';
import { OwnServices } from './own-services.js';

/** Closes the gates of the jobs whose services are of no use: for what this server runs at once, for others when it hears of it. */
@Injectable()
export class ServiceGates implements OnModuleInit, OnApplicationShutdown {
  #others: readonly Service[] | null = null;
  #told: ReadonlySet<string> = new Set();
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly own: OwnServices,
    private readonly gates: ClaimGates,
    private readonly services: ServiceStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Before anybody claims. */
  onModuleInit(): void {
    this.gates.learnWith((session) => this.#learnFirst(session));
    this.#unsubscribe = this.own.onChange(() => this.#set());
    this.#set();
  }

  onApplicationShutdown(): void {
    this.#unsubscribe();
  }

  /** @param others the services of all other servers, as they were last told. */
  learn(others: readonly Service[]): void {
    this.#others = others;
    this.#set();
  }

  /** Whether tasks of the job are handed out, as far as this server knows. @param fullName "room_id:category:name" */
  isOpen(fullName: string): boolean {
    return !this.#closed().has(fullName);
  }

  #hasLearned(): boolean {
    return this.#others !== null;
  }

  /** What is learned with every look is never older than this. */
  async #learnFirst(session: Session): Promise<void> {
    if (this.#hasLearned()) return;
    const others = await this.services.ofOthers(session, this.own.serverId);
    if (!this.#hasLearned()) this.learn(others);
  }

  #set(): void {
    const closed = this.#closed();
    if (closed.size === this.#told.size && [...closed].every((fullName) => this.#told.has(fullName))) return;
    this.#told = closed;
    this.gates.set(closed);
  }

  #closed(): ReadonlySet<string> {
    return closedJobs([...this.own.list(), ...(this.#others ?? [])], this.clock.now());
  }
}
