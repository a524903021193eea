import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readJoblibFile } from '../../src/config/joblib-file.js';
import { codeBlocksOf, isExcerpt } from './excerpts.js';
import { readPage } from './markdown.js';

const page = readPage('services.md');
const files = codeBlocksOf(page, 'yaml');
const folder = mkdtempSync(join(tmpdir(), 'joblib-docs-'));

afterAll(() => rmSync(folder, { recursive: true }));

describe('docs/services.md', () => {
  it('shows the example as it is', () => {
    const [yaml] = files;
    expect(yaml?.code).toBe(readFileSync('examples/managed-worker/joblib.yaml', 'utf8'));
    const [program] = codeBlocksOf(page, 'js');
    expect(isExcerpt(program?.code ?? 'nothing', readFileSync('examples/managed-worker/rotate.mjs', 'utf8'))).toBe(true);
  });

  it.each(files)('has a file that the server understands: $code', ({ code }) => {
    writeFileSync(join(folder, 'joblib.yaml'), code);
    expect(readJoblibFile(null, folder, {}).services.map(({ name }) => name)).toEqual(['rotate-worker']);
  });
});
