/** Cartesian coordinates in ångström. */
export type Position = readonly [x: number, y: number, z: number];

/** One line of a frame: an element symbol (or label) and where it is. */
export interface Atom {
  readonly element: string;
  readonly position: Position;
}

/** One geometry of an XYZ file; a file has one frame or, as a trajectory, several. */
export interface Frame {
  readonly comment: string;
  readonly atoms: readonly Atom[];
}

/** The text is no plain XYZ file. The message is a sentence with the line, counted from 1. */
export class XyzError extends Error {
  override readonly name = 'XyzError';
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads plain XYZ: the atom count, a comment line, then `element x y z` per atom, again for every further frame.
 * Blank lines between frames and at the end are skipped. Further columns are refused: forces or velocities would
 * silently be left unrotated.
 * @throws XyzError naming the line
 */
export function parseXyz(text: string): readonly Frame[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const frames: Frame[] = [];
  let index = 0;
  for (;;) {
    while (index < lines.length && isBlank(lines[index])) index += 1;
    if (index >= lines.length) break;
    const atomCount = parseAtomCount(lines[index] ?? '', index + 1, frames.at(-1));
    frames.push(parseFrame(lines, index, atomCount, frames.length + 1));
    index += 2 + atomCount;
  }
  if (frames.length === 0) throw new XyzError('The file is empty.');
  return frames;
}

/** Writes frames as `parseXyz` reads them, coordinates with six decimals. A line break in a comment becomes a space. */
export function formatXyz(frames: readonly Frame[]): string {
  return frames.map((frame) => `${formatFrame(frame).join('\n')}\n`).join('');
}

/** The lines of one frame: count, comment, atoms. */
export function formatFrame(frame: Frame): readonly string[] {
  return [String(frame.atoms.length), frame.comment.replace(/[\r\n]+/g, ' '), ...frame.atoms.map(formatAtom)];
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}

function parseAtomCount(line: string, lineNumber: number, previous: Frame | undefined): number {
  const text = line.trim();
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  if (previous !== undefined) {
    throw new XyzError(
      `Line ${lineNumber}: the frame before announces ${countOf(previous.atoms.length)}, but more follows: '${excerpt(text)}'.`,
    );
  }
  throw new XyzError(`Line ${lineNumber}: expected the number of atoms, found '${excerpt(text)}'.`);
}

function parseFrame(lines: readonly string[], start: number, atomCount: number, frameNumber: number): Frame {
  const atoms: Atom[] = [];
  for (let index = start + 2; index < start + 2 + atomCount; index += 1) {
    const line = lines[index];
    if (line === undefined || line.trim() === '') {
      throw new XyzError(`Line ${index + 1}: frame ${frameNumber} announces ${countOf(atomCount)}, but has only ${atoms.length}.`);
    }
    atoms.push(parseAtom(line, index + 1));
  }
  return { comment: lines[start + 1] ?? '', atoms };
}

function parseAtom(line: string, lineNumber: number): Atom {
  const [element, x, y, z, ...more] = line.trim().split(/\s+/);
  if (element === undefined || x === undefined || y === undefined || z === undefined || more.length > 0) {
    throw new XyzError(`Line ${lineNumber}: expected 'element x y z', found '${excerpt(line.trim())}'.`);
  }
  const coordinate = (axis: string, text: string): number => {
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value))
      throw new XyzError(`Line ${lineNumber}: ${axis} of '${excerpt(element)}' is no number: '${excerpt(text)}'.`);
    return value;
  };
  return { element, position: [coordinate('x', x), coordinate('y', y), coordinate('z', z)] };
}

function formatAtom({ element, position }: Atom): string {
  return `${element.padEnd(2)} ${position.map((value) => formatCoordinate(value).padStart(12)).join(' ')}`;
}

function formatCoordinate(value: number): string {
  const text = value.toFixed(6);
  return text === '-0.000000' ? '0.000000' : text;
}

function countOf(atomCount: number): string {
  return atomCount === 1 ? '1 atom' : `${atomCount} atoms`;
}

function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
