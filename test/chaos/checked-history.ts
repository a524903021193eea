import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from '@jest/globals';

import type { Stage } from './stage.js';

/** Has `scripts/check-history.js` look at everything; with JOBLIB_CHAOS_HISTORY=<file> the history is kept there. @returns its last line. */
export function expectHistoryHolds(stage: Stage): string {
  const file = process.env['JOBLIB_CHAOS_HISTORY'] ?? join(stage.folder, 'history');
  writeFileSync(file, stage.wholeHistory());
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check-history.js', file], { encoding: 'utf8' });
  const lines = (stdout + stderr).trimEnd().split('\n');
  // The first of many say enough.
  expect([status, lines.slice(0, 20)]).toEqual([0, [expect.stringMatching(/: holds$/)]]);
  return lines.at(-1) ?? '';
}
