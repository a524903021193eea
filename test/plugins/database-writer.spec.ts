import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionMaker } from '@joblib/nestjs';
import { DatabaseWriterPlugin } from '@joblib/plugins';
import { aContext } from '@joblib/plugins/testing';

import { PluginTables } from '../../src/plugins/plugin-tables.js';
import { databases } from '../conformance/databases.js';
import type { OpenDatabase } from '../conformance/databases.js';
import { DAILY, aResult } from './reports.js';

describe.each(databases)('DatabaseWriterPlugin on $name', ({ open }) => {
  let database: OpenDatabase;
  let tables: PluginTables;

  beforeEach(async () => {
    database = await open();
    tables = new PluginTables(database.sessionMaker);
  });
  afterEach(() => database.close());

  function aPlugin(config: Record<string, unknown> = {}, on = tables): DatabaseWriterPlugin {
    return new DatabaseWriterPlugin(config, { table: (definition) => on.open(definition) });
  }

  function rowsOf(table = 'plugin_results'): Promise<Record<string, unknown>[]> {
    return database.dataSource.query(`SELECT * FROM ${table} ORDER BY execution_id, position`);
  }

  it('makes its table and writes the run, its assertions and its symbols', async () => {
    await aPlugin().process(aContext(DAILY));
    const rows = await rowsOf();
    expect(rows.map(({ kind, status }) => [kind, status])).toEqual([
      ['run', 'FAILED'],
      ['assertion', 'PASSED'],
      ['assertion', 'FAILED'],
      ['assertion', 'SKIPPED'],
      ['symbol', 'PASSED'],
      ['symbol', 'FAILED'],
    ]);
    expect(rows[0]).toMatchObject({ value: (1 / 3) * 100, timestamp: 1_769_860_800, tags: '{"env":"prod"}', check_name: null, room: null });
    expect(rows[3]).toMatchObject({ error: '["no such column"]', value: null });
  });

  it('writes a run once, however often it is given, also by two servers at once', async () => {
    const other = aPlugin({}, new PluginTables(database.sessionMaker));
    await Promise.all([aPlugin().process(aContext(DAILY)), other.process(aContext(DAILY))]);
    await aPlugin().process(aContext(DAILY));
    expect(await rowsOf()).toHaveLength(6);
    await aPlugin().process(aContext({ ...DAILY, executionId: 'execution-2' }));
    expect(await rowsOf()).toHaveLength(12);
  });

  it('goes on where it was killed half-way', async () => {
    const results = Array.from({ length: 450 }, (_, index) => aResult({ assertion: `number ${index}` }));
    let transactions = 0;
    const dying: SessionMaker = {
      read: (work) => database.sessionMaker.read(work),
      transaction: (work) => {
        transactions += 1;
        // The first makes the table.
        return transactions === 3 ? Promise.reject(new Error('killed')) : database.sessionMaker.transaction(work);
      },
    };
    await expect(aPlugin({}, new PluginTables(dying)).process(aContext({ results }))).rejects.toThrow('killed');
    expect(await rowsOf()).toHaveLength(200);
    await aPlugin().process(aContext({ results }));
    expect((await rowsOf()).map(({ position }) => position)).toEqual(Array.from({ length: 451 }, (_, position) => position));
  });

  it('keeps texts that no database likes', async () => {
    await aPlugin({ table: 'odd' }).process(aContext({ suiteName: `'"; DROP TABLE odd; -- \0 ü` }));
    expect(await rowsOf('odd')).toMatchObject([{ suite: `'"; DROP TABLE odd; -- \uFFFD ü` }]);
  });

  it('refuses a table of somebody else, and leaves it as it is', async () => {
    await database.dataSource.query('CREATE TABLE other (execution_id text, name text)');
    const plugin = aPlugin({ table: 'other' });
    await expect(plugin.process(aContext(DAILY))).rejects.toThrow(
      /^The table other is there and is another one: it has no column position, kind, /,
    );
    expect(await database.dataSource.query('SELECT * FROM other')).toEqual([]);
  });

  it('makes its table again after it was dropped; that one call fails', async () => {
    await aPlugin().process(aContext(DAILY));
    await database.dataSource.query('DROP TABLE plugin_results');
    await expect(aPlugin().process(aContext(DAILY))).rejects.toThrow();
    await aPlugin().process(aContext(DAILY));
    expect(await rowsOf()).toHaveLength(6);
  });

  it('fails while the database does, and is told where to write by its manager', async () => {
    const away: SessionMaker = { read: () => Promise.reject(new Error('away')), transaction: () => Promise.reject(new Error('away')) };
    await expect(aPlugin({}, new PluginTables(away)).process(aContext(DAILY))).rejects.toThrow('away');
    const plugin = aPlugin();
    plugin.initialize({ table: 'elsewhere' });
    await plugin.process(aContext(DAILY));
    expect([(await rowsOf('elsewhere')).length, plugin.accepts]).toEqual([6, 'reports']);
  });
});
