import { describe, expect, it } from '@jest/globals';

import { sourceOf } from '../loading/plugin-source.js';
import { PluginThreadError } from '../plugin-run-errors.js';
import { ThreadLink } from './thread-link.js';

describe('ThreadLink', () => {
  it('rejects what is asked of a thread that has ended, or ends, with the reason', async () => {
    const link = new ThreadLink(sourceOf('/no-such-module.mjs#X', import.meta.url), 64);
    expect(link.end).toBeUndefined();
    const asked = link.ask().catch((error: unknown) => error);
    await link.terminate();
    expect(await asked).toBe(link.end);
    expect(link.end).toBeInstanceOf(PluginThreadError);
    await expect(link.ask()).rejects.toBe(link.end);
    link.abort('nobody listens');
    await link.terminate();
  });
});
