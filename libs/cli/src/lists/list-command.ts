import type { JobManager } from '@joblib/client';
import { GLOBAL_ROOM } from '@joblib/contract';
import type { Page, PageRequest } from '@joblib/contract';

import type { CommandContext } from '../args/command-context.js';
import type { Options } from '../args/command.js';
import { EXIT } from '../errors.js';
import { jsonLine } from '../screen/json-text.js';
import { Table } from '../screen/table.js';
import type { Column } from '../screen/table.js';
import { wholeNumber } from '../args/values.js';
import { pagesOf } from './pages.js';

/** The parameter of every list. */
export const LISTED_ROOM = { room: { help: 'whose list it is', fallback: GLOBAL_ROOM } } as const;

/** The options of every list. */
export const LIST_OPTIONS = {
  limit: { value: '<n>', help: 'show so many, newest first; all of them without it' },
} as const satisfies Options;

/** A list: how it is read, and how it looks. */
export interface Listing<Item> {
  readonly read: (manager: JobManager, page: PageRequest) => Promise<Page<Item>>;
  /** What makes an item itself. */
  readonly keyOf: (item: Item) => string;
  /** `nowMs`: since 1970, UTC. */
  readonly columns: (nowMs: number) => readonly Column<Item>[];
  /** Said when there is nothing to show. */
  readonly whenEmpty: string;
}

/** Shows a list page by page, as a table or as lines of JSON. */
export async function showList<Item>(
  { read, keyOf, columns, whenEmpty }: Listing<Item>,
  limitText: string | undefined,
  context: CommandContext,
): Promise<number> {
  const { out, err, json, clock } = context;
  const limit = limitText === undefined ? Infinity : wholeNumber('limit', limitText, 1);
  const manager = await context.connect();
  const table = new Table(columns(clock()), out.paint, out.columns);
  let isEmpty = true;
  for await (const items of pagesOf((page) => read(manager, page), keyOf, limit)) {
    isEmpty = false;
    const lines = json ? items.map(jsonLine) : table.lines(items);
    await out.line(lines.join('\n'));
  }
  if (isEmpty && !json) await err.line(whenEmpty);
  return EXIT.done;
}
