import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { CONFIGURED_BUILT_INS, builtInPlugins } from '@joblib/plugins';
import type { PluginHost } from '@joblib/plugins';

import { AUDIT_KEYS } from '../../libs/plugins/src/built-in/audit-plugin.js';
import { DATABASE_WRITER_KEYS } from '../../libs/plugins/src/built-in/database-writer/database-writer-plugin.js';
import { RESULT_COLUMNS } from '../../libs/plugins/src/built-in/database-writer/result-rows.js';
import { EMAIL_KEYS, SMTP_KEYS } from '../../libs/plugins/src/built-in/email-alerts/email-settings.js';
import { PROMETHEUS_KEYS } from '../../libs/plugins/src/built-in/prometheus-plugin.js';
import { CONDITION_KEYS } from '../../libs/plugins/src/built-in/settings/condition.js';
import { CONTEXT_NAMES } from '../../libs/plugins/src/built-in/template/context-view.js';
import { WEBHOOK_KEYS } from '../../libs/plugins/src/built-in/webhook/webhook-settings.js';
import { TRIGGER_KEYS, WORKFLOW_TRIGGER_KEYS } from '../../libs/plugins/src/built-in/workflow-trigger-plugin.js';
import { JOBLIB_FILE_KEYS, readJoblibFile } from '../../src/config/joblib-file.js';
import type { JoblibFile } from '../../src/config/joblib-file.js';
import { codeBlocksOf, isExcerpt } from '../docs/excerpts.js';
import { codesIn, readPage, sectionOf, sectionsOf } from '../docs/markdown.js';

const builtIn = readPage('built-in-plugins.md');
const recipes = readPage('plugin-recipes.md');
const configuration = sectionOf(readPage('configuration.md'), 2, 'joblib.yaml');

/** Names in the first cells of a section's tables. */
function keysOf(markdown: string): string[] {
  const cells = markdown.split('\n').flatMap((line) => /^\| (`[^|]*) \|/.exec(line)?.[1] ?? []);
  return cells.flatMap(codesIn);
}

/** Every variable that a page mentions is set. */
function readYaml(yaml: string): JoblibFile {
  const folder = mkdtempSync(join(tmpdir(), 'joblib-page-'));
  try {
    writeFileSync(join(folder, 'joblib.yaml'), yaml);
    const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, 'x']);
    return readJoblibFile(null, folder, Object.fromEntries(names));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('docs/built-in-plugins.md', () => {
  it('has every built-in plugin, and no other', () => {
    const documented = sectionsOf(builtIn, 2).flatMap(({ heading }) => codesIn(heading));
    expect(documented.toSorted()).toEqual(['audit', ...CONFIGURED_BUILT_INS].toSorted());
  });

  it.each([
    ['`audit`', AUDIT_KEYS],
    ['`email_alerts`', [...EMAIL_KEYS, ...SMTP_KEYS]],
    ['`webhook`', WEBHOOK_KEYS],
    ['`database_writer`', DATABASE_WRITER_KEYS],
    ['`workflow_trigger`', [...WORKFLOW_TRIGGER_KEYS, ...TRIGGER_KEYS]],
    ['`prometheus`', PROMETHEUS_KEYS],
    ['Conditions', CONDITION_KEYS],
  ])('has every key of %s, and no other', (heading, keys: readonly string[]) => {
    const own = keys.filter((key) => key !== 'accepts');
    expect(keysOf(sectionOf(builtIn, 2, heading)).toSorted()).toEqual(own.toSorted());
  });

  it('has every name that a template may have, and every column', () => {
    const [names = ''] = sectionOf(builtIn, 2, 'Templates').split('A text that is');
    expect(codesIn(names)).toEqual(expect.arrayContaining([...CONTEXT_NAMES]));
    expect(codesIn(sectionOf(builtIn, 2, '`database_writer`'))).toEqual(expect.arrayContaining(Object.keys(RESULT_COLUMNS)));
  });
});

describe('joblib.yaml in docs/configuration.md', () => {
  it('has every key, and no other', () => {
    expect(keysOf(configuration).toSorted()).toEqual([...JOBLIB_FILE_KEYS].toSorted());
  });
});

describe.each([
  ['docs/built-in-plugins.md', builtIn],
  ['docs/plugin-recipes.md', recipes],
  ['docs/configuration.md', configuration],
])('%s', (_page, text) => {
  const files = codeBlocksOf(text, 'yaml').map(({ code }) => code);

  it('shows files that the service starts with', () => {
    expect(files.length).toBeGreaterThan(0);
    for (const yaml of files) expect(() => builtInPlugins(readYaml(yaml).pluginConfig, {} as PluginHost)).not.toThrow();
  });
});

describe('docs/plugin-recipes.md', () => {
  const blocks = [...codeBlocksOf(recipes), ...codeBlocksOf(recipes, 'json')];

  it('shows code as it is in the files that it names, which are compiled and run', () => {
    expect(blocks.length).toBeGreaterThan(5);
    for (const { path = 'test/plugins/recipes.spec.ts', code } of blocks) {
      expect({ path, code, isExcerpt: isExcerpt(code, readFileSync(path, 'utf8')) }).toMatchObject({ isExcerpt: true });
    }
  });
});
