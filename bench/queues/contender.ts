/** A queue on one PostgreSQL database, as a host application would use it from its own code. */
export interface Contender {
  /** Adds one job; resolves when it is stored. */
  add(): Promise<void>;
  /** Adds many with one call; resolves when all are stored. */
  addBulk(count: number): Promise<void>;
  /** Starts workers that do nothing but finish jobs. @param onDone is told of every job that has ended. */
  work(onDone: (count: number) => void): Promise<void>;
  /** Stops workers and connections. */
  close(): Promise<void>;
}

/** What every job carries: enough to be read, little enough not to be what is measured. */
export const PAYLOAD = { angle: 45, axis: [0, 0, 1], label: 'rotate' };

/** How many of its jobs a contender may work on at a time. */
export const CONCURRENCY = 100;
