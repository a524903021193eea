import { describe, expect, it } from '@jest/globals';

import { pagesOf } from './pages.js';

/** A list, newest first, that may grow between two pages. */
function listOf(count: number) {
  let items = Array.from({ length: count }, (_, index) => `item ${index}`);
  const asked: { limit: number; offset: number }[] = [];
  const read = async ({ limit, offset }: { limit: number; offset: number }) => {
    asked.push({ limit, offset });
    return { items: items.slice(offset, offset + limit), total: items.length, limit, offset };
  };
  return { asked, read, grow: (item: string) => (items = [item, ...items]) };
}

async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}

describe('pagesOf', () => {
  it('reads a list to its end in the largest pages there are', async () => {
    const { read, asked } = listOf(1001);
    const pages = await collected(pagesOf(read, String, Infinity));
    expect(pages.map((page) => page.length)).toEqual([500, 500, 1]);
    expect(asked.map(({ offset }) => offset)).toEqual([0, 500, 1000]);
  });

  it('stops at the limit, and asks for no more', async () => {
    const { read, asked } = listOf(1001);
    const pages = await collected(pagesOf(read, String, 501));
    expect(pages.flat()).toHaveLength(501);
    expect(asked).toEqual([
      { limit: 500, offset: 0 },
      { limit: 1, offset: 500 },
    ]);
  });

  it('shows nothing twice when something is added meanwhile', async () => {
    const { read, grow } = listOf(501);
    const seen: string[] = [];
    for await (const page of pagesOf(read, String, Infinity)) {
      if (seen.length === 0) grow('new');
      seen.push(...page);
    }
    expect(seen).toEqual(Array.from({ length: 501 }, (_, index) => `item ${index}`));
  });

  it('has no page of an empty list', async () => {
    expect(await collected(pagesOf(listOf(0).read, String, Infinity))).toEqual([]);
  });
});
