import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  GLOBAL_ROOM,
  INTERNAL_ROOM,
  MAX_NAME_LENGTH,
  categoryDefect,
  formatFullName,
  isVisibleFrom,
  nameDefect,
  parseFullName,
  roomIdDefect,
  roomsListedFor,
} from './full-name.js';

const text = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.string({ unit, minLength: 1, maxLength: MAX_NAME_LENGTH });
const anyUnit = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((unit) => nameDefect(unit) === null);
const name = text(anyUnit);
const category = text(anyUnit.filter((unit) => unit !== ':'));
const roomId = fc.oneof(text(anyUnit.filter((unit) => unit !== ':' && unit !== '@')), fc.constantFrom(GLOBAL_ROOM, INTERNAL_ROOM));

describe('full name', () => {
  it('comes back in the same three parts, colons in the name included', () => {
    fc.assert(
      fc.property(fc.record({ roomId, category, name }), (parts) => {
        expect(parseFullName(formatFullName(parts))).toEqual(parts);
      }),
    );
  });

  it('is the same text again, whenever it can be split', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(':', '@', 'a', 'ß', '😀'), maxLength: 12 }), (whole) => {
        const parts = parseFullName(whole);
        const isSplittable = /^[^:]+:[^:]+:.+$/u.test(whole);
        expect(parts === null ? null : formatFullName(parts)).toBe(isSplittable ? whole : null);
      }),
    );
  });

  it.each(['', ':', '::', 'room', 'room:category', 'room:category:', 'room::name', ':category:name'])('is not %j', (whole) => {
    expect(parseFullName(whole)).toBeNull();
  });
});

describe.each([
  ['room id', roomIdDefect, roomId],
  ['category', categoryDefect, category],
  ['name', nameDefect, name],
] as const)('%s', (_, defect, valid) => {
  it('may be any text of the right length and characters', () => {
    fc.assert(fc.property(valid, (value) => expect(defect(value)).toBeNull()));
  });

  it('is counted in code points, not in UTF-16 units', () => {
    expect(defect('😀'.repeat(MAX_NAME_LENGTH))).toBeNull();
    expect(defect('😀'.repeat(MAX_NAME_LENGTH + 1))).toContain('at most 255 characters');
    expect(defect('a'.repeat(MAX_NAME_LENGTH))).toBeNull();
    expect(defect('a'.repeat(MAX_NAME_LENGTH + 1))).toContain('at most 255 characters');
  });

  it('is not empty', () => {
    expect(defect('')).toContain('must not be empty');
  });

  it('holds no control character, wherever it stands', () => {
    const controlCharacter = fc
      .oneof(fc.integer({ min: 0, max: 0x1f }), fc.integer({ min: 0x7f, max: 0x9f }))
      .map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.constantFrom('', 'a', '😀'), controlCharacter, fc.constantFrom('', 'b', '😀'), (before, control, after) => {
        expect(defect(before + control + after)).toContain('invalid characters');
      }),
    );
  });

  it('accepts the characters on either side of the control characters', () => {
    expect(defect('\u0020\u007e\u00a0')).toBeNull();
  });

  it('holds no surrogate without a partner', () => {
    const high = fc.integer({ min: 0xd800, max: 0xdbff }).map((code) => String.fromCharCode(code));
    const low = fc.integer({ min: 0xdc00, max: 0xdfff }).map((code) => String.fromCharCode(code));
    const neighbour = fc.constantFrom('', 'a', '😀');
    fc.assert(
      fc.property(neighbour, fc.oneof(high, low), neighbour, (before, surrogate, after) => {
        expect(defect(before + surrogate + after)).toContain('invalid characters');
      }),
    );
    fc.assert(fc.property(high, low, (first, second) => expect(defect(second + first)).toContain('invalid characters')));
    fc.assert(fc.property(high, low, (first, second) => expect(defect(first + second)).toBeNull()));
  });
});

describe('reserved characters', () => {
  it.each(['@', 'a@b', '@Global', '@global2', 'a:b', ':'])('refuses the room id %j and says why', (value) => {
    expect(roomIdDefect(value)).toContain('invalid characters');
  });

  it('refuses a colon in a category and allows it in a name', () => {
    expect(categoryDefect('a:b')).toContain("':'");
    expect(nameDefect('a:b')).toBeNull();
  });

  it('allows @ in categories and names', () => {
    expect([categoryDefect('@global'), nameDefect('@global')]).toEqual([null, null]);
  });
});

describe('visibility', () => {
  it("shows a room's own jobs to that room alone", () => {
    expect(['lab', 'office', GLOBAL_ROOM, INTERNAL_ROOM].filter((viewer) => isVisibleFrom('lab', viewer))).toEqual(['lab']);
  });

  it.each([GLOBAL_ROOM, INTERNAL_ROOM])('shows jobs of %s to every room', (owner) => {
    const viewers = ['lab', GLOBAL_ROOM, INTERNAL_ROOM];
    expect(viewers.filter((viewer) => isVisibleFrom(owner, viewer))).toEqual(viewers);
  });

  it('lists own, @global and @internal jobs for a room, and a reserved room by itself', () => {
    expect(['lab', GLOBAL_ROOM, INTERNAL_ROOM].map(roomsListedFor)).toEqual([
      ['lab', GLOBAL_ROOM, INTERNAL_ROOM],
      [GLOBAL_ROOM],
      [INTERNAL_ROOM],
    ]);
  });
});
