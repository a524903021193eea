import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import * as library from '@joblib/nestjs';

import { codeBlocksOf, isExcerpt, linesOf } from './excerpts.js';
import { readPage, sectionOf, sectionsOf } from './markdown.js';

const page = readPage('hosting.md');
const tokens = Object.entries(library).flatMap(([name, value]) => (typeof value === 'symbol' ? [name] : []));
const tokenSections = sectionsOf(sectionOf(page, 2, 'The tokens'), 3);

describe('docs/hosting.md', () => {
  const blocks = codeBlocksOf(page);

  it('says of every piece of code where it is from', () => {
    expect(blocks.length).toBeGreaterThan(20);
    expect(blocks.filter(({ path }) => path === undefined || !existsSync(path))).toEqual([]);
    expect((page.match(/^```ts$/gm) ?? []).length).toBe(blocks.length);
  });

  it.each(blocks.map(({ path = '', code }) => [path, code.split('\n')[0] ?? '', code] as const))(
    'shows %s as it is: %s',
    (path, _first, code) => {
      expect({ code, isExcerpt: isExcerpt(code, readFileSync(path, 'utf8')) }).toEqual({ code, isExcerpt: true });
    },
  );

  it('starts with the whole ten-line host', () => {
    const [first] = codeBlocksOf(sectionsOf(page, 2)[0]?.text ?? '');
    expect(first?.path).toBe('examples/ten-line-host/src/main.ts');
    expect(linesOf(first?.code ?? '')).toEqual(linesOf(readFileSync('examples/ten-line-host/src/main.ts', 'utf8')));
  });

  it('has every token, and no other', () => {
    expect(tokenSections.map(({ heading }) => heading.replaceAll('`', '')).sort()).toEqual([...tokens].sort());
  });

  it.each(tokenSections.map(({ heading, text }) => [heading, text] as const))(
    'says when, shows the interface, the default and an example of %s',
    (heading, text) => {
      expect(text).toMatch(/^Default: .+\.$/m);
      expect(text).toContain('](../libs/nestjs/src/ports/');
      const token = heading.replaceAll('`', '');
      const [, Override] =
        new RegExp(`provide: ${token}, use\\w+: (\\w+)`).exec(readFileSync('examples/host-app/src/joblib.ts', 'utf8')) ?? [];
      const example = codeBlocksOf(text).find(({ path }) => path?.startsWith('examples/host-app/src/') === true)?.path ?? '';
      expect(readFileSync(example, 'utf8')).toContain(Override ?? `no override of ${token}`);
    },
  );

  it('has every option of the module, and no other', () => {
    const source = readFileSync('libs/nestjs/src/joblib-options.ts', 'utf8');
    const options = [...source.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
    const documented = [...sectionOf(page, 2, 'Options').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(options.sort());
  });

  it('has the packages installed that the ten-line host asks for', () => {
    const { dependencies } = JSON.parse(readFileSync('examples/ten-line-host/package.json', 'utf8')) as { dependencies: object };
    const command = /```sh\nnpm install ([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(
      command
        .split(/[\s\\]+/)
        .filter(Boolean)
        .sort(),
    ).toEqual(Object.keys(dependencies).sort());
  });

  it('quotes what a host reads that forgot something', () => {
    const quotes = [...page.matchAll(/\*((?:JoblibModule|Joblib's)[^*]+)\*/g)].map(([, quote = '']) => quote.replace(/\s+/g, ' '));
    expect(quotes).toHaveLength(2);
    const sources = ['libs/nestjs/src/default-providers.ts', 'libs/nestjs/src/http/http-binding.ts'].map((path) =>
      readFileSync(path, 'utf8'),
    );
    const said = sources.join('\n').replaceAll('${adapter.getType()}', 'express');
    expect(quotes.filter((quote) => !said.includes(quote))).toEqual([]);
  });
});

describe('isExcerpt', () => {
  it('finds pieces in their order only, and whole lines only', () => {
    expect(isExcerpt('b\n// …\nd', ' a\n b\n c\n d')).toBe(true);
    expect(isExcerpt('d\n// …\nb', 'a\nb\nc\nd')).toBe(false);
    expect(isExcerpt('a\nc', 'a\nb\nc')).toBe(false);
    expect(isExcerpt('bc', 'abcd')).toBe(false);
  });
});
