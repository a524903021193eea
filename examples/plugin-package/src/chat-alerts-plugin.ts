import { PluginMetadata } from '@joblib/plugins';
import type { PluginConfig, PluginExecutionContext, PostProcessor } from '@joblib/plugins';

/** Tells a chat when a suite begins to fail, and when it is well again; not of every run in between. */
export class ChatAlertsPlugin implements PostProcessor {
  #url = '';
  readonly #failing = new Set<string>();

  metadata(): PluginMetadata {
    return new PluginMetadata({ name: 'chat_alerts', version: '1.0.0', author: 'joblib', description: 'Tells a chat of failing suites.' });
  }

  /** `{ url: string }`. @throws TypeError when it is something else. */
  initialize({ url }: PluginConfig): void {
    if (typeof url !== 'string' || !URL.canParse(url)) throw new TypeError('url of chat_alerts must be an address.');
    this.#url = url;
  }

  async process(context: PluginExecutionContext): Promise<void> {
    const { suiteName } = context;
    const failures = context.failedAssertions();
    const wasFailing = this.#failing.has(suiteName);
    if (failures > 0 === wasFailing) return;
    await this.#tell(failures > 0 ? `${suiteName}: ${failures} assertions failed` : `${suiteName} is well again`, context.signal);
    // After the chat has heard of it: what throws is tried again, with the state as it was.
    if (wasFailing) this.#failing.delete(suiteName);
    else this.#failing.add(suiteName);
  }

  async #tell(text: string, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(this.#url, { method: 'POST', headers, body: JSON.stringify({ text }), signal });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`The chat answered ${response.status}.`);
  }
}
