import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PluginManager } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { CataloguePlugin } from '../../examples/plugin-package/src/catalogue-plugin.js';
import { ChatAlertsPlugin } from '../../examples/plugin-package/src/chat-alerts-plugin.js';
import { CsvExportPlugin } from '../../examples/plugin-package/src/csv-export-plugin.js';
import { HttpReceiver, answer } from './http-receiver.js';
import { DAILY, aResult } from './reports.js';

const FAILING = aContext(DAILY);
const WELL = aContext({ ...DAILY, results: [aResult()] });

let receiver: HttpReceiver;
let manager: PluginManager;

beforeEach(async () => {
  receiver = await HttpReceiver.open();
  manager = new PluginManager({ logger: new RecordingLogger(), discover: false });
  manager.clearPlugins();
});
afterEach(() => Promise.all([receiver.close(), manager.close()]));

function textsOf({ requests }: HttpReceiver): unknown[] {
  return requests.map(({ body }) => (JSON.parse(body) as { text: unknown }).text);
}

describe('ChatAlertsPlugin', () => {
  it('tells the chat once when a suite begins to fail, and once when it is well again', async () => {
    const plugin = new ChatAlertsPlugin();
    plugin.initialize({ url: receiver.origin });
    for (const context of [WELL, FAILING, FAILING, WELL, WELL]) await plugin.process(context);
    expect(textsOf(receiver)).toEqual(['Daily: 1 assertions failed', 'Daily is well again']);
  });

  it('tells it again when the chat did not take it', async () => {
    const plugin = new ChatAlertsPlugin();
    plugin.initialize({ url: receiver.origin });
    receiver.answers.push(answer(503));
    await expect(plugin.process(FAILING)).rejects.toThrow('The chat answered 503.');
    await plugin.process(FAILING);
    expect(receiver.requests).toHaveLength(2);
    expect(() => plugin.initialize({})).toThrow('url of chat_alerts must be an address.');
  });

  it('is not given a report again by who hands it on, when another plugin failed', async () => {
    const recording = new RecordingPlugin('recording');
    const broken = new RecordingPlugin('broken');
    broken.failNext(new Error('no licence'));
    await manager.registerPlugin(broken, recording);
    const outcomes = await manager.processAll(FAILING);
    expect(outcomes.map(({ name, error }) => [name, error])).toEqual([
      ['broken', new Error('no licence')],
      ['recording', undefined],
    ]);
    expect(recording.contexts).toHaveLength(1);
  });
});

describe('CataloguePlugin', () => {
  it('puts the quality of each data set, the same address however often', async () => {
    const plugin = new CataloguePlugin();
    plugin.initialize({ url: receiver.origin, token: 'x' });
    await plugin.process(aContext({ ...DAILY, datasources: ['sales', 'a/b'] }));
    await plugin.process(FAILING);
    expect(receiver.requests.map(({ method, path, headers }) => [method, path, headers.authorization])).toEqual([
      ['PUT', '/datasets/sales/quality/execution-1', 'Bearer x'],
      ['PUT', '/datasets/a%2Fb/quality/execution-1', 'Bearer x'],
      ['PUT', '/datasets/sales/quality/execution-1', 'Bearer x'],
    ]);
    receiver.answers.push(answer(500));
    await expect(plugin.process(FAILING)).rejects.toThrow('The catalogue answered 500 for sales.');
    expect(() => plugin.initialize({ url: receiver.origin })).toThrow('token of catalogue must be a text.');
    expect(() => plugin.initialize({ token: 'x' })).toThrow('url of catalogue must be an address.');
  });
});

describe('CsvExportPlugin', () => {
  it('writes a whole file for each run, whatever is in its texts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'joblib-csv-'));
    try {
      const config = { csv_export: { folder } };
      manager.setConfig(config);
      await manager.registerPlugin(new CsvExportPlugin());
      const results = [aResult({ check: 'say "no", twice', metric: { failures: [] } })];
      for (let time = 0; time < 2; time += 1) await manager.process('csv_export', aContext({ ...DAILY, executionId: 'a/b', results }));
      expect(readdirSync(join(folder, '2026-01-31'))).toEqual(['a%2Fb.csv']);
      const [, line] = readFileSync(join(folder, '2026-01-31/a%2Fb.csv'), 'utf8').split('\n');
      expect(line).toBe('2026-01-31,Daily,"say ""no"", twice",is positive,P1,PASSED,');
      manager.setConfig({ csv_export: { folder: 7 } });
      await expect(manager.process('csv_export', FAILING)).rejects.toThrow('folder of csv_export must be a path.');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
