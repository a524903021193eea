import type { PluginConfig } from '../../post-processor.js';
import { ALWAYS, CONDITION_KEYS, readCondition } from '../settings/condition.js';
import type { Condition } from '../settings/condition.js';
import { readConfig } from '../settings/config-reader.js';
import type { ConfigReader } from '../settings/config-reader.js';
import { readAccepts } from '../settings/plugin-settings.js';
import type { CommonSettings } from '../settings/plugin-settings.js';
import { assertTemplate } from '../template/template.js';

export const WEBHOOK_KEYS = [
  'accepts',
  'url',
  'secret',
  'headers',
  'body',
  'when',
  'retries',
  'retry_delay_seconds',
  'timeout_seconds',
] as const;

export interface WebhookSettings extends CommonSettings {
  readonly url: string;
  /** Key of the signature; `null` for none. */
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** A template; `undefined` for all that is known. */
  readonly body: unknown;
  readonly when: Condition;
  /** Beyond the first attempt. */
  readonly retries: number;
  /** Before the first retry; doubled for each one after it. */
  readonly retryDelaySeconds: number;
  /** For each attempt. */
  readonly timeoutSeconds: number;
}

/** @throws TypeError */
export function readWebhookSettings(config: PluginConfig): WebhookSettings {
  return readConfig(config, 'webhook', WEBHOOK_KEYS, (reader) => ({
    accepts: readAccepts(reader),
    url: urlOf(reader),
    secret: reader.textOr('secret', null),
    headers: headersOf(reader),
    body: bodyOf(reader),
    when: reader.has('when') ? reader.section('when', CONDITION_KEYS, readCondition) : ALWAYS,
    retries: reader.wholeNumberOr('retries', 2, 0, 10),
    retryDelaySeconds: reader.numberOr('retry_delay_seconds', 1, 0, 60),
    timeoutSeconds: reader.numberOr('timeout_seconds', 10, 0.1, 300),
  }));
}

function urlOf(reader: ConfigReader<'url'>): string {
  const text = reader.text('url');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw reader.refusal('url', 'an http:// or https:// address');
  if (url.username !== '' || url.password !== '') throw reader.refusal('url', 'without a user and password; put them into headers');
  return url.href;
}

function headersOf(reader: ConfigReader<'headers'>): Readonly<Record<string, string>> {
  const headers = reader.textMap('headers');
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    throw reader.refusal('headers', 'an object of names and values that HTTP allows');
  }
}

function bodyOf(reader: ConfigReader<'body'>): unknown {
  const body = reader.value('body');
  assertTemplate(body, reader.nameOf('body'));
  return body;
}
