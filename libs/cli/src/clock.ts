/** Milliseconds since 1970, UTC. */
export type EpochClock = () => number;

/** The machine's own clock. */
export const SYSTEM_EPOCH_CLOCK: EpochClock = () => Date.now();
