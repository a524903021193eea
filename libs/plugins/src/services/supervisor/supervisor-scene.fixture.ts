import { RecordingLogger } from '../../testing/recording-logger.js';
import { FakeServiceClock } from '../fake-service-clock.fixture.js';
import { FakeService } from '../fake-service.fixture.js';
import { ResourceTracker } from '../resource-tracker.js';
import type { ResourceLimits } from '../resource-tracker.js';
import type { ServicePolicy } from './service-policy.js';
import type { ServiceChange } from './service-status.js';
import { Supervisor } from './supervisor.js';

/** One service under a supervisor, with a clock that stands still. */
export class SupervisorScene {
  readonly clock = new FakeServiceClock();
  readonly logger = new RecordingLogger();
  readonly tracker: ResourceTracker;
  readonly service = new FakeService('fake', [{ type: 'port' }, { type: 'process' }]);
  readonly supervisor: Supervisor;
  /** `starting -> running`, of `fake`. */
  readonly moves: string[] = [];
  readonly changes: ServiceChange[] = [];

  constructor(policy: Partial<ServicePolicy> = {}, limits: ResourceLimits = {}) {
    this.tracker = new ResourceTracker({ limits });
    const { clock, logger, tracker } = this;
    this.supervisor = new Supervisor([{ plugin: this.service, policy }], { clock, logger, tracker });
    this.supervisor.onChange((change) => {
      this.changes.push(change);
      if (change.kind === 'state') this.moves.push(`${change.from} -> ${change.to}`);
    });
  }

  get status(): ReturnType<Supervisor['status']> {
    return this.supervisor.status('fake');
  }

  get state(): string {
    return this.status.state;
  }

  /** Ports and processes that are taken. */
  get taken(): number {
    return this.tracker.used('port') + this.tracker.used('process');
  }

  start(): Promise<void> {
    return this.supervisor.start('fake');
  }

  stop(): Promise<void> {
    return this.supervisor.stop('fake');
  }

  restart(): Promise<void> {
    return this.supervisor.restart('fake');
  }
}

/** What a promise was rejected with; `null` when it was not. Asked for at once, so that no rejection is unheard. */
export function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}
