import { LosslessNumber, parse } from 'lossless-json';

/**
 * One text per JSON value: keys sorted, numbers by value (`1`, `1.0` and `10e-1` are one), no white space.
 * Two texts are deeply equal exactly when their canonical texts are the same. Not meant for the wire.
 */
export function canonicalJson(text: string): string {
  return write(parse(text, undefined, { onDuplicateKey: ({ newValue }) => newValue }));
}

/** Deep equality of two JSON texts. */
export function isSameJson(left: string, right: string): boolean {
  return left === right || canonicalJson(left) === canonicalJson(right);
}

function write(value: unknown): string {
  if (value instanceof LosslessNumber) return canonicalNumber(value.value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Digits without zeros at either end, times a power of ten: `-12.50` is `-125e-1`. */
function canonicalNumber(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
