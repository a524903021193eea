import type { Progress } from '@joblib/contract';

import { plainText } from './plain-text.js';

/** From 0 to 1, whatever the worker made of it. */
export function fractionOf(progress: Progress): number {
  const fraction = typeof progress === 'number' ? progress : progress.current / progress.total;
  return Number.isFinite(fraction) ? Math.min(Math.max(fraction, 0), 1) : 0;
}

/** `60 %`, or `60 % (3 of 5) turning` when the worker says so much. */
export function progressText(progress: Progress): string {
  const percent = `${Math.floor(fractionOf(progress) * 100)} %`;
  if (typeof progress === 'number') return percent;
  const { current, total, message = '' } = progress;
  return plainText(`${percent} (${current} of ${total}) ${message}`).trimEnd();
}
