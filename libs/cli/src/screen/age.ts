const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** How long ago that was, in its largest unit: `3 min ago`. A server whose clock is ahead says `now`. */
export function ageOf(isoTime: string, nowMs: number): string {
  const seconds = Math.floor((nowMs - Date.parse(isoTime)) / 1000);
  const unit = UNITS.find(([, length]) => seconds >= length);
  return unit === undefined ? 'now' : `${Math.floor(seconds / unit[1])} ${unit[0]} ago`;
}
