import type { Atom, Position } from './xyz.js';

/** The coordinate axes that a molecule can be turned about. */
export const AXES = ['x', 'y', 'z'] as const;
export type Axis = (typeof AXES)[number];

/** The mean of all positions, atoms unweighted. It stays where it is when a molecule is turned about it. */
export function centreOfGeometry(atoms: readonly Atom[]): Position {
  const sum: [number, number, number] = [0, 0, 0];
  for (const { position } of atoms) {
    sum[0] += position[0];
    sum[1] += position[1];
    sum[2] += position[2];
  }
  return [sum[0] / atoms.length, sum[1] / atoms.length, sum[2] / atoms.length];
}

/** Turns atoms about the line through their centre of geometry that is parallel to `axis`; right-handed, in degrees. */
export function rotateAtoms(atoms: readonly Atom[], axis: Axis, angleDegrees: number): readonly Atom[] {
  const centre = centreOfGeometry(atoms);
  const radians = (angleDegrees * Math.PI) / 180;
  const cosine = Math.cos(radians);
  const sine = Math.sin(radians);
  return atoms.map(({ element, position }) => {
    const turned = turn([position[0] - centre[0], position[1] - centre[1], position[2] - centre[2]], axis, cosine, sine);
    return { element, position: [turned[0] + centre[0], turned[1] + centre[1], turned[2] + centre[2]] };
  });
}

/** Root of the mean squared distance that the atoms moved, in ångström; both lists name the same atoms in the same order. */
export function rootMeanSquareDisplacement(before: readonly Atom[], after: readonly Atom[]): number {
  if (before.length !== after.length) throw new RangeError(`Cannot compare ${before.length} atoms with ${after.length}.`);
  let sum = 0;
  before.forEach(({ position }, index) => {
    const moved = after[index]?.position ?? position;
    sum += (moved[0] - position[0]) ** 2 + (moved[1] - position[1]) ** 2 + (moved[2] - position[2]) ** 2;
  });
  return Math.sqrt(sum / before.length);
}

function turn([x, y, z]: Position, axis: Axis, cosine: number, sine: number): Position {
  switch (axis) {
    case 'x':
      return [x, y * cosine - z * sine, y * sine + z * cosine];
    case 'y':
      return [x * cosine + z * sine, y, z * cosine - x * sine];
    case 'z':
      return [x * cosine - y * sine, x * sine + y * cosine, z];
  }
}
