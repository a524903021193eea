import type { TerminalStatus } from '@joblib/contract';
import type { Axis } from './rotation.js';

/** A task that the demo submits, and how it has to end. */
export interface PlannedTask {
  readonly label: string;
  readonly payload: {
    readonly file: string;
    readonly axis: Axis;
    readonly angle: number;
    readonly output: string;
    readonly frames: number;
    readonly frame_seconds: number;
  };
  readonly expected: TerminalStatus;
  /** Cancelled by its submitter when this fraction (0–1) is done; `null`: left alone. */
  readonly cancelAtFraction: number | null;
}

/** The input that the demo puts into the worker's workspace. */
export const INPUT_FILE = 'caffeine.xyz';

/** Two that succeed with, between them, one that fails and one that is cancelled: the worker has to survive both. */
export const PLAN: readonly PlannedTask[] = [
  plan({ angle: 90, axis: 'z', frames: 10, frameSeconds: 0.1, expected: 'completed' }),
  plan({ angle: 30, axis: 'x', frames: 10, frameSeconds: 0.1, expected: 'failed', file: 'missing.xyz' }),
  plan({ angle: 360, axis: 'y', frames: 100, frameSeconds: 0.2, expected: 'cancelled', cancelAtFraction: 0.05 }),
  plan({ angle: 45, axis: 'x', frames: 5, frameSeconds: 0.1, expected: 'completed' }),
];

/** How a task ended, as far as the demo judges it. */
export interface Ending {
  readonly status: string;
  readonly error: string | null;
}

/** What went otherwise than planned, as a sentence, or `null`. */
export function unmetExpectation({ label, expected }: PlannedTask, { status, error }: Ending): string | null {
  if (status === expected) return null;
  return `'${label}' should have been ${expected}, but is ${status}${error === null ? '' : `: ${error}`}`;
}

interface Sketch {
  readonly angle: number;
  readonly axis: Axis;
  readonly frames: number;
  readonly frameSeconds: number;
  readonly expected: TerminalStatus;
  readonly file?: string;
  readonly cancelAtFraction?: number;
}

function plan({ angle, axis, frames, frameSeconds, expected, file = INPUT_FILE, cancelAtFraction }: Sketch): PlannedTask {
  const output = `${file.replace(/\.xyz$/, '')}-${angle}-${axis}.xyz`;
  return {
    label: `turn ${file} ${angle}° about ${axis}`,
    payload: { file, axis, angle, output, frames, frame_seconds: frameSeconds },
    expected,
    cancelAtFraction: cancelAtFraction ?? null,
  };
}
