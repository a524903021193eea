import { describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@joblib/contract';

import { codeRowsOf, readPage } from './markdown.js';

const rows = codeRowsOf(readPage('problems.md'));

describe('docs/problems.md', () => {
  it('has the id, status and name of every problem in the catalogue, and of no other', () => {
    const documented = rows.map(([id, status, name]) => `${id} ${status} ${name}`);
    const catalogue = Object.entries(PROBLEMS).map(([name, { id, status }]) => `${id} ${status} ${name}`);
    expect(documented.sort()).toEqual(catalogue.sort());
  });

  it('says for each when it happens and what to do', () => {
    expect(rows.filter(([, , , when, whatToDo]) => !when?.endsWith('.') || !whatToDo?.endsWith('.'))).toEqual([]);
  });
});
