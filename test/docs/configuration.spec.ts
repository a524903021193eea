import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { SETTINGS } from '@joblib/nestjs';

import { JOBLIB_FILE_KEYS } from '../../src/config/joblib-file.js';
import { codeRowsOf, readPage, sectionOf } from './markdown.js';

const page = readPage('configuration.md');
const rows = codeRowsOf(sectionOf(page, 2, 'Settings'));

/** Null where everything is allowed. */
type Default = boolean | number | readonly string[] | null;

/** How a default is written in the table. */
function written(value: Default): string {
  if (value === null) return 'unrestricted';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function unitOf(name: string, value: Default): string {
  if (typeof value !== 'number') return typeof value === 'boolean' ? 'switch' : 'list';
  if (name.endsWith('_ATTEMPTS')) return 'attempts';
  return name.endsWith('_BYTES') ? 'bytes' : 'seconds';
}

describe('docs/configuration.md', () => {
  it('has the name, default and unit of every setting, and no other', () => {
    const documented = rows.map(([name, byDefault, unit]) => `${name} = ${byDefault} ${unit}`);
    const settings = SETTINGS.map((setting) => `${setting.env} = ${written(setting.default)} ${unitOf(setting.env, setting.default)}`);
    expect(documented.sort()).toEqual(settings.sort());
  });
});

describe('docs/configuration.md, the service', () => {
  const source = readFileSync(new URL('../../src/config/service-config.ts', import.meta.url), 'utf8');
  const read = [...source.matchAll(/\(environment, '([A-Z_]+)'|environment\['([A-Z_]+)'\]/g)].map((match) => match[1] ?? match[2]);

  it('has every variable that the service reads, and no other', () => {
    const documented = codeRowsOf(sectionOf(page, 2, 'The service')).map(([name]) => name);
    expect(documented.sort()).toEqual([...new Set(read)].sort());
  });
});

describe('docs/configuration.md, joblib.yaml', () => {
  it('has every key of the file, and no other', () => {
    const documented = codeRowsOf(sectionOf(page, 2, 'joblib.yaml')).map(([key]) => key);
    expect(documented.sort()).toEqual([...JOBLIB_FILE_KEYS].sort());
  });
});
