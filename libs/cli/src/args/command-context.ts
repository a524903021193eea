import type { JobManager, JobManagerOptions } from '@joblib/client';

import type { EpochClock } from '../clock.js';
import type { Outlet } from '../screen/terminal.js';

/** How a command's manager differs from the usual one, which tries everything once and has no socket. */
export type Connecting = Partial<Pick<JobManagerOptions, 'logger' | 'maxStartupRetries' | 'concurrency' | 'drainSeconds' | 'socket'>>;

/** The world of a command. */
export interface CommandContext {
  /** Results. */
  readonly out: Outlet;
  /** Everything said about them. */
  readonly err: Outlet;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths are from here. */
  readonly folder: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly clock: EpochClock;
  /** Whether results are wanted as JSON, one value a line. */
  readonly json: boolean;
  /** The server's address, as whom, and a manager for it. @throws UsageError when either is not known. */
  connect(options?: Connecting): Promise<JobManager>;
}
