import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { parseServices } from '@joblib/plugins/services';
import { ManagedTokens } from '../auth/managed-tokens.js';
import { readJoblibFile } from '../config/joblib-file.js';
import { ManagedServices } from './managed-services.js';

const ADDRESS = { address: '127.0.0.1', port: 8000, family: 'IPv4' };

let folder: string;

beforeEach(() => {
  Logger.overrideLogger(false);
  folder = mkdtempSync(join(tmpdir(), 'joblib-services-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Makes tokens when it is told to. */
class SlowTokens extends ManagedTokens {
  readonly asked: string[] = [];
  readonly made: string[] = [];
  readonly #gate = new AbortController();

  override async issue(serviceName: string): Promise<string> {
    this.asked.push(serviceName);
    await once(this.#gate.signal, 'abort');
    this.made.push(await super.issue(serviceName));
    return this.made.at(-1) ?? '';
  }

  open(): void {
    this.#gate.abort();
  }
}

async function untilThere(list: readonly string[]): Promise<void> {
  while (list.length === 0) await turn();
}

describe('ManagedServices', () => {
  it('gives no token that is good, and starts no program, when a start was given up meanwhile', async () => {
    const tokens = new SlowTokens();
    const services = parseServices([{ name: 'worker', command: ['no-such-program'] }], folder);
    const file = { ...readJoblibFile(null, folder, {}), services };
    const managed = new ManagedServices(file, { folder, tokens, environment: {} });
    managed.start(ADDRESS);
    await untilThere(tokens.asked);
    await managed.supervisor?.dispose({ graceSeconds: 0, forceSeconds: 0 });
    expect(managed.supervisor?.status('worker')).toMatchObject({ state: 'failed' });
    tokens.open();
    await untilThere(tokens.made);
    await turn();
    expect(tokens.made.map((token) => tokens.holderOf(token))).toEqual([null]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has no supervisor where the file has no services, and does nothing', async () => {
    const managed = new ManagedServices(readJoblibFile(null, folder, {}), { folder, tokens: new ManagedTokens(), environment: {} });
    expect(managed.supervisor).toBeNull();
    managed.start(ADDRESS);
    await managed.stop();
  });
});
