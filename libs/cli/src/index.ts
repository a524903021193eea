export { runCommandLine } from './command-line.js';
export type { World } from './command-line.js';
export { Interrupted } from './interrupts.js';
export type { EndSignal } from './interrupts.js';
export { SYSTEM_EPOCH_CLOCK } from './clock.js';
export type { EpochClock } from './clock.js';
export { Outlet } from './screen/terminal.js';
export type { Screen } from './screen/terminal.js';
export type { Paint } from './screen/paint.js';
