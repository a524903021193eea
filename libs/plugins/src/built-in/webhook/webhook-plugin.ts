import { createHmac } from 'node:crypto';

import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import { PluginMetadata } from '../../plugin-metadata.js';
import type { Accepts, PluginConfig, PostProcessor } from '../../post-processor.js';
import { holds } from '../settings/condition.js';
import { contextView } from '../template/context-view.js';
import { PluginSettings } from '../settings/plugin-settings.js';
import { fillTemplate } from '../template/template.js';
import { postWithRetries } from './post-with-retries.js';
import { readWebhookSettings } from './webhook-settings.js';
import type { WebhookSettings } from './webhook-settings.js';

/** Posts each run as JSON to an address: the API of an orchestrator, a catalogue or a chat. */
export class WebhookPlugin implements PostProcessor {
  readonly #settings: PluginSettings<WebhookSettings>;

  /** `{ url, … }`, see the README. @throws TypeError which names the key that is wrong. */
  constructor(config: PluginConfig) {
    this.#settings = new PluginSettings(readWebhookSettings, config);
  }

  get accepts(): Accepts {
    return this.#settings.accepts;
  }

  metadata(): PluginMetadata {
    return new PluginMetadata({
      name: 'webhook',
      version: '1.0.0',
      author: 'joblib',
      description: 'Posts each run as JSON, signed, to an address.',
      capabilities: ['notification', 'http'],
    });
  }

  /** @throws TypeError as the constructor. */
  initialize(config: PluginConfig): void {
    this.#settings.update(config);
  }

  /** @throws Error when no attempt was answered 2xx. */
  async process(context: PluginExecutionContext): Promise<void> {
    const settings = this.#settings.current;
    if (!holds(settings.when, context)) return;
    const view = contextView(context);
    const body = JSON.stringify(settings.body === undefined ? view : fillTemplate(settings.body, view));
    await postWithRetries(settings, headersOf(settings, context.executionId, body), body, context.signal);
  }
}

/** The key is the same whenever the run is sent again; the signature is that of the body's bytes. */
function headersOf({ headers, secret }: WebhookSettings, executionId: string, body: string): Headers {
  const all = new Headers({ 'content-type': 'application/json', 'idempotency-key': encodeURIComponent(executionId), ...headers });
  if (secret !== null) all.set('x-joblib-signature', `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  return all;
}
