/** A queue on one PostgreSQL database, as a host application would use it from its own code. */
export interface Contender {
  /** Adds one job; resolves when it is stored. */
  add(): Promise<void>;
  /** Adds many with one call; resolves when all are stored. */
  addBulk(count: number): Promise<void>;
  /** Starts workers that do nothing but finish jobs. @returns the way to stop them. */
  work(progress: Progress): Promise<() => Promise<void>>;
  /** Closes connections. */
  close(): Promise<void>;
}

/** Is told how far jobs have come. */
export interface Progress {
  /** So many jobs are in the hands of their code. */
  onRun(count: number): void;
  /** So many more are stored as ended. */
  onDone(count: number): void;
}

/** What every job carries: enough to be read, little enough not to be what is measured. */
export const PAYLOAD = { angle: 45, axis: [0, 0, 1], label: 'rotate' };

/** How many of its jobs a contender may work on at a time. */
export const CONCURRENCY = 100;
