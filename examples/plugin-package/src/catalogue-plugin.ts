import { PluginMetadata } from '@joblib/plugins';
import type { PluginConfig, PluginExecutionContext, PostProcessor } from '@joblib/plugins';

/** Keeps the quality of each data set up to date in a data catalogue. */
export class CataloguePlugin implements PostProcessor {
  #url = '';
  #token = '';

  metadata(): PluginMetadata {
    return new PluginMetadata({ name: 'catalogue', version: '1.0.0', author: 'joblib', description: 'Keeps a data catalogue up to date.' });
  }

  /** `{ url: string, token: string }`. @throws TypeError when they are something else. */
  initialize({ url, token }: PluginConfig): void {
    if (typeof url !== 'string' || !URL.canParse(url)) throw new TypeError('url of catalogue must be an address.');
    if (typeof token !== 'string') throw new TypeError('token of catalogue must be a text.');
    this.#url = url;
    this.#token = token;
  }

  /** A `PUT` to an address of the run: done twice, it is the same as done once. */
  async process(context: PluginExecutionContext): Promise<void> {
    const quality = { suite: context.suiteName, day: context.key.yyyy_mm_dd, pass_rate: context.assertionPassRate() };
    for (const dataset of context.datasources) {
      const address = `${this.#url}/datasets/${encodeURIComponent(dataset)}/quality/${encodeURIComponent(context.executionId)}`;
      const response = await fetch(address, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify(quality),
        signal: context.signal,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`The catalogue answered ${response.status} for ${dataset}.`);
    }
  }
}
