import { setTimeout as pause } from 'node:timers/promises';
import type { JsonSchema, Progress } from '@joblib/contract';
import { AXES, rootMeanSquareDisplacement, rotateAtoms } from './rotation.js';
import type { Axis } from './rotation.js';
import type { Workspace } from './workspace.js';
import { formatXyz, parseXyz } from './xyz.js';
import type { Frame } from './xyz.js';

const MAX_FRAMES = 100;
const MAX_FRAME_SECONDS = 10;
const FILE_NAME = /\.xyz$/i;

/** The job as it is registered: a front end can draw a form from this. */
export const ROTATE_JOB = { roomId: '@global', category: 'modifiers', name: 'Rotate' } as const;

/** JSON Schema of a payload. */
export const ROTATE_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Rotate',
  description: 'Turns the last frame of an XYZ file about its centre of geometry and writes the turn as a trajectory.',
  type: 'object',
  properties: {
    file: { type: 'string', pattern: '\\.xyz$', description: "XYZ file to read, relative to the worker's workspace" },
    axis: { enum: [...AXES], description: 'the axis to turn about' },
    angle: { type: 'number', minimum: -360, maximum: 360, description: 'degrees, right-handed' },
    output: { type: 'string', pattern: '\\.xyz$', description: "XYZ file to write, relative to the worker's workspace" },
    frames: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_FRAMES,
      default: 1,
      description: 'frames of the turn; the last has the full angle',
    },
    frame_seconds: {
      type: 'number',
      minimum: 0,
      maximum: MAX_FRAME_SECONDS,
      default: 0,
      description: 'pause after each frame, for watching',
    },
  },
  required: ['file', 'axis', 'angle', 'output'],
};

/** A payload that was checked. */
export interface RotateOrder {
  readonly file: string;
  readonly axis: Axis;
  readonly angleDegrees: number;
  readonly output: string;
  readonly frameCount: number;
  readonly frameSeconds: number;
}

/** What a completed task carries as its result. `rmsd` is how far the atoms moved, in ångström. */
export interface RotateResult {
  readonly atoms: number;
  readonly frames: number;
  readonly output: string;
  readonly rmsd: number;
}

/** The payload asks for something that this job does not do. The message names the field. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

/** A worker cannot rely on the server to have validated: that is a setting.
 * @throws PayloadError for the first field that is wrong */
export function readOrder(payload: Readonly<Record<string, unknown>>): RotateOrder {
  const { file, axis, angle, output, frames = 1, frame_seconds: frameSeconds = 0 } = payload;
  if (typeof file !== 'string' || !FILE_NAME.test(file)) throw new PayloadError("'file' must name an .xyz file.");
  if (typeof output !== 'string' || !FILE_NAME.test(output)) throw new PayloadError("'output' must name an .xyz file.");
  if (output === file) throw new PayloadError("'output' must not be the input file.");
  const knownAxis = AXES.find((known) => known === axis);
  if (knownAxis === undefined) throw new PayloadError("'axis' must be x, y or z.");
  if (!isWithin(angle, -360, 360)) throw new PayloadError("'angle' must be a number of degrees from -360 to 360.");
  if (!isWithin(frames, 1, MAX_FRAMES) || !Number.isInteger(frames))
    throw new PayloadError(`'frames' must be an integer from 1 to ${MAX_FRAMES}.`);
  if (!isWithin(frameSeconds, 0, MAX_FRAME_SECONDS))
    throw new PayloadError(`'frame_seconds' must be a number from 0 to ${MAX_FRAME_SECONDS}.`);
  return { file, axis: knownAxis, angleDegrees: angle, output, frameCount: frames, frameSeconds };
}

/** What a run needs besides its order. `report` is awaited, so a refused report ends the run. */
export interface RotateContext {
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly report: (progress: Progress) => Promise<void>;
}

/**
 * Reads, turns frame by frame, writes. Nothing is written when `signal` aborts before the last frame.
 * @throws WorkspaceError, XyzError with a sentence for the submitter; the abort reason
 */
export async function rotateFile(order: RotateOrder, { workspace, signal, report }: RotateContext): Promise<RotateResult> {
  const source = parseXyz(await workspace.read(order.file)).at(-1);
  if (source === undefined) throw new PayloadError(`'${order.file}' has no frame.`);
  const turned: Frame[] = [];
  for (let step = 1; step <= order.frameCount; step += 1) {
    signal.throwIfAborted();
    const angleDegrees = (order.angleDegrees * step) / order.frameCount;
    turned.push(turnFrame(source, order.axis, angleDegrees));
    await report({ current: step, total: order.frameCount, message: `${rounded(angleDegrees)}° about ${order.axis}` });
    await pause(order.frameSeconds * 1000, undefined, { signal });
  }
  await workspace.write(order.output, formatXyz(turned));
  const last = turned.at(-1) ?? source;
  return {
    atoms: source.atoms.length,
    frames: turned.length,
    output: order.output,
    rmsd: rounded(rootMeanSquareDisplacement(source.atoms, last.atoms)),
  };
}

function turnFrame(source: Frame, axis: Axis, angleDegrees: number): Frame {
  const note = `turned ${rounded(angleDegrees)}° about ${axis}`;
  const comment = source.comment.trim() === '' ? note : `${source.comment.trimEnd()}; ${note}`;
  return { comment, atoms: rotateAtoms(source.atoms, axis, angleDegrees) };
}

function isWithin(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && value >= low && value <= high;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
