import { MAX_PAGE_LIMIT } from '@joblib/contract';
import type { Page, PageRequest } from '@joblib/contract';

/**
 * All items of a list, at most `limit`, page by page. What is added meanwhile moves the others to later pages: what was seen is not shown again.
 */
export async function* pagesOf<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
  keyOf: (item: Item) => string,
  limit: number,
): AsyncGenerator<readonly Item[]> {
  const seen = new Set<string>();
  for (let offset = 0; seen.size < limit;) {
    const { items, total } = await read({ limit: Math.min(MAX_PAGE_LIMIT, limit - seen.size), offset });
    const fresh = items.filter((item) => !seen.has(keyOf(item)));
    for (const item of fresh) seen.add(keyOf(item));
    if (fresh.length > 0) yield fresh;
    offset += items.length;
    if (items.length === 0 || offset >= total) return;
  }
}
