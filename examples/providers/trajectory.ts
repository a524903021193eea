import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';

import { ReadFailure } from './read-failure.js';

/** Where a frame is in its file, in bytes. */
interface FrameRange {
  readonly start: number;
  readonly length: number;
}

const BYTES_PER_COORDINATE = 4;
const COORDINATES = 3;

/** A trajectory in the XYZ format: frames one after the other, each a count, a comment, and a line for each atom. */
export class Trajectory {
  private constructor(
    private readonly file: FileHandle,
    private readonly frames: readonly FrameRange[],
  ) {}

  /** Looks through the file once, for where its frames are; they are read when somebody wants them. */
  static async open(path: string): Promise<Trajectory> {
    const frames: FrameRange[] = [];
    let [position, start, linesLeft] = [0, 0, 0];
    // Lines end with one character; a carriage return stays part of its line.
    for await (const line of createInterface({ input: createReadStream(path, 'latin1'), crlfDelay: 0, terminal: false })) {
      if (linesLeft === 0) {
        const atoms = Number(line);
        if (line.trim() === '') break;
        if (!Number.isInteger(atoms) || atoms < 0) throw new Error(`${path}, frame ${frames.length}: '${line}' is no number of atoms.`);
        start = position;
        linesLeft = atoms + 2;
      }
      position += line.length + 1;
      linesLeft -= 1;
      if (linesLeft === 0) frames.push({ start, length: position - start });
    }
    if (linesLeft > 0) throw new Error(`${path} ends in the middle of frame ${frames.length}.`);
    return new Trajectory(await open(path), frames);
  }

  get frameCount(): number {
    return this.frames.length;
  }

  /** Coordinates of all atoms, x y z after each other, as 32-bit floating-point numbers, least significant byte first. */
  async positions(frame: number): Promise<Uint8Array> {
    const range = this.frames[frame];
    if (range === undefined) throw new ReadFailure(404, 'No such frame', `There are frames 0 to ${this.frames.length - 1}, not ${frame}.`);
    const { buffer } = await this.file.read(Buffer.alloc(range.length), 0, range.length, range.start);
    const [, , ...atoms] = buffer.toString('latin1').trimEnd().split('\n');
    const bytes = Buffer.alloc(atoms.length * COORDINATES * BYTES_PER_COORDINATE);
    for (const [index, line] of atoms.entries()) {
      const coordinates = line
        .trim()
        .split(/\s+/)
        .slice(1, 1 + COORDINATES);
      for (const [axis, text] of coordinates.entries())
        bytes.writeFloatLE(Number(text), (index * COORDINATES + axis) * BYTES_PER_COORDINATE);
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
