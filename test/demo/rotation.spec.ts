import { describe, expect, it } from '@jest/globals';
import { AXES, centreOfGeometry, rootMeanSquareDisplacement, rotateAtoms } from '../../examples/demo/rotation.js';
import type { Axis } from '../../examples/demo/rotation.js';
import type { Atom, Position } from '../../examples/demo/xyz.js';

function atomAt(...position: Position): Atom {
  return { element: 'C', position };
}

const CHAIN: readonly Atom[] = [atomAt(3, 1, 4), atomAt(-1, 5, 9), atomAt(2, -6, 5), atomAt(3, 5, -8)];

function distances(atoms: readonly Atom[]): readonly number[] {
  return atoms.flatMap(({ position: a }) => atoms.map(({ position: b }) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])));
}

/** To nine decimals, without negative zeros. */
function rounded(values: readonly number[]): readonly number[] {
  return values.map((value) => Math.round(value * 1e9) / 1e9 + 0);
}

function coordinates(atoms: readonly Atom[]): readonly number[] {
  return rounded(atoms.flatMap(({ position }) => [...position]));
}

describe('rotateAtoms', () => {
  it.each<[Axis, Position, Position]>([
    ['x', [0, 1, 0], [0, 0, 1]],
    ['y', [0, 0, 1], [1, 0, 0]],
    ['z', [1, 0, 0], [0, 1, 0]],
  ])('turns by 90° about %s right-handed', (axis, from, to) => {
    const pair = [atomAt(...from), atomAt(-from[0], -from[1], -from[2])];
    expect(coordinates(rotateAtoms(pair, axis, 90)).slice(0, 3)).toEqual(to);
  });

  it.each(AXES)('keeps the centre of geometry and all distances when turning about %s', (axis) => {
    const turned = rotateAtoms(CHAIN, axis, 37);
    expect(rounded(centreOfGeometry(turned))).toEqual(rounded(centreOfGeometry(CHAIN)));
    expect(rounded(distances(turned))).toEqual(rounded(distances(CHAIN)));
  });

  it.each(AXES)('is undone by the opposite angle about %s', (axis) => {
    const back = rotateAtoms(rotateAtoms(CHAIN, axis, 123.4), axis, -123.4);
    expect(coordinates(back)).toEqual(coordinates(CHAIN));
  });

  it('keeps the elements and their order', () => {
    const atoms: readonly Atom[] = [
      { element: 'O', position: [0, 0, 0] },
      { element: 'H', position: [1, 0, 0] },
    ];
    expect(rotateAtoms(atoms, 'z', 10).map(({ element }) => element)).toEqual(['O', 'H']);
  });
});

describe('rootMeanSquareDisplacement', () => {
  it('is the distance that all atoms moved, when all moved alike', () => {
    const moved = CHAIN.map(({ position: [x, y, z] }) => atomAt(x + 3, y, z - 4));
    expect(rootMeanSquareDisplacement(CHAIN, moved)).toBeCloseTo(5, 10);
  });

  it('is twice the distance to the axis after half a turn', () => {
    const pair = [atomAt(2, 0, 7), atomAt(-2, 0, 7)];
    expect(rootMeanSquareDisplacement(pair, rotateAtoms(pair, 'z', 180))).toBeCloseTo(4, 10);
  });

  it('refuses lists of different lengths', () => {
    expect(() => rootMeanSquareDisplacement(CHAIN, CHAIN.slice(1))).toThrow(RangeError);
  });
});
