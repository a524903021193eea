import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FakeClock } from '@joblib/nestjs/testing';
import { describe } from '@jest/globals';

import { FolderResultBackend } from '../../examples/host-app/src/overrides/folder-result-backend.js';
import { conformsToResultBackend } from '../result-backend/conformance.js';

describe('the result backend of the host application', () => {
  conformsToResultBackend(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'joblib-results-'));
    process.env['STUDIO_RESULTS'] = folder;
    const clock = new FakeClock();
    const backend = new FolderResultBackend(clock);
    return {
      left: backend,
      right: backend,
      elapse: async (seconds) => clock.advance(seconds),
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  });
});
