import type { JsonText } from './task.js';

/**
 * Whether a result may claim to be a verification report, by a glance at its text: reading every result would cost more than it is worth.
 * A letter of a key may be written as an escape.
 */
export function mayBeReport(result: JsonText | null): result is JsonText {
  if (result === null || !/^\s*\{/.test(result)) return false;
  return (result.includes('"results"') && result.includes('"symbols"')) || result.includes('\\u');
}
