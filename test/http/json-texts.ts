import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { LosslessNumber, parse } from 'lossless-json';

const digits = fc.stringMatching(/^\d{1,40}$/);
const exponent = fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.integer({ min: 0, max: 9999 })).map(([sign, power]) => sign + power);
const number = fc
  .tuple(fc.constantFrom('', '-'), digits, fc.option(digits, { nil: null }), fc.option(exponent, { nil: '' }))
  .map(([sign, whole, fraction, power]) => `${sign}${whole.replace(/^0+(?=\d)/, '')}${fraction === null ? '' : `.${fraction}`}${power}`);

/** What stands in a string as it is, some of it taken for something else by those who look for it there. */
const STRING_PARTS = String.raw`\" \\ \/ \b \f \n \r \t \u0000 \uD800 \udc00 \ud83d\ude00 1e400 [ { :`.split(' ');
const MEMBER_NAMES = ['__proto__', 'constructor', 'prototype', 'toJSON', 'isLosslessNumber', 'value', 'a', '', '0'];

/** The text of a JSON string: escapes of any kind, halves of characters, anything of Unicode. */
export const jsonString: Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...STRING_PARTS),
      fc.string({ maxLength: 3 }).map((text) => JSON.stringify(text).slice(1, -1)),
      fc.string({ maxLength: 3, unit: 'binary' }).map((text) => JSON.stringify(text).slice(1, -1)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `"${parts.join('')}"`);

const memberName = fc.oneof(jsonString, fc.constantFrom(...MEMBER_NAMES.map((name) => `"${name}"`)));
const space = fc.constantFrom('', '', ' ', '\n\t');

/** JSON texts as a hostile client writes them: numbers of any size, strings of any kind, keys that objects have, keys that come twice. */
export const { value: jsonText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('true', 'false', 'null'),
    number,
    jsonString,
    fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, items]) => `[${items.map((item) => gap + item).join(',')}${gap}]`),
    fc
      .tuple(space, fc.array(fc.tuple(memberName, tie('value')), { maxLength: 4 }))
      .map(([gap, members]) => `{${members.map(([name, member]) => `${gap}${name}${gap}:${member}`).join(',')}${gap}}`),
  ),
}));

/** The value of a text, tagged, so that no key and no number can be mistaken for another; of a key that comes twice the last value. */
export function valueOf(text: string): unknown {
  return tagged(parse(text, undefined, { onDuplicateKey: ({ newValue }) => newValue }));
}

/** The value at a path of an answer's text, to be compared with that of another text. @throws SyntaxError when a key comes twice. */
export function partOf(text: string, ...path: (string | number)[]): unknown {
  let part = parse(text) as Record<string | number, unknown>;
  for (const step of path) part = part[step] as Record<string | number, unknown>;
  return tagged(part);
}

/** An array in an array, so many levels in all, around the innermost text. */
export function nested(levels: number, innermost = ''): string {
  return '['.repeat(levels) + innermost + ']'.repeat(levels);
}

/** Equal exactly when the JSON values are: whatever the order of the keys, to the last digit. */
function tagged(value: unknown): unknown {
  if (value instanceof LosslessNumber) return ['number', ...numberParts(value.value)];
  if (Array.isArray(value)) return ['array', value.map(tagged)];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, tagged(member)]);
  return ['object', members.sort(([left], [right]) => (left < right ? -1 : 1))];
}

/** `1.50e3` and `1500` are one number: sign, digits without zeros at either end, power of ten of the last of them. */
function numberParts(text: string): readonly unknown[] {
  const [, sign = '', whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  return significant === '' ? [sign, '0', 0] : [sign, significant, Number(power) - fraction.length + all.length - significant.length];
}
