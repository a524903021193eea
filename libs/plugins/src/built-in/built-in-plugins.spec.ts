import { describe, expect, it } from '@jest/globals';

import { CONFIGURED_BUILT_INS, builtInPlugins } from './built-in-plugins.js';
import { EmailAlertsPlugin } from './email-alerts/email-alerts-plugin.js';
import type { PluginHost } from './plugin-host.js';

/** Nothing of it is used before a result comes. */
const HOST = {} as PluginHost;

const SMTP = { host: 'mail.example.org' };
const EMAIL = { smtp: SMTP, from: 'a@example.org', to: ['b@example.org'] };
const URL = 'https://example.org/hook';
const TRIGGER = { when: { min_failures: 1 }, job: '@global:modifiers:Repair' };

function refusalOf(config: Record<string, unknown>): string {
  try {
    builtInPlugins(config, HOST);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(config)} was accepted`);
}

describe('builtInPlugins', () => {
  it('makes those that are configured, and no other', () => {
    const all = {
      webhook: { url: URL },
      email_alerts: EMAIL,
      database_writer: {},
      workflow_trigger: { triggers: [TRIGGER] },
      prometheus: {},
    };
    const plugins = builtInPlugins({ ...all, audit: {}, slack: 7 }, HOST);
    expect(plugins.map((plugin) => plugin.metadata().name)).toEqual(CONFIGURED_BUILT_INS);
    expect(builtInPlugins({}, HOST)).toEqual([]);
    expect(Object.keys(all).toSorted()).toEqual(CONFIGURED_BUILT_INS.toSorted());
  });

  it('need no manager', () => {
    expect(new EmailAlertsPlugin(EMAIL).metadata().name).toBe('email_alerts');
  });

  it('gives them reports, and tasks when they are told to accept them', () => {
    const config = { webhook: { url: URL }, prometheus: { accepts: 'tasks' }, database_writer: { accepts: 'reports' } };
    const accepts = builtInPlugins(config, HOST).map((plugin) => [plugin.metadata().name, plugin.accepts]);
    expect(accepts).toEqual([
      ['webhook', 'reports'],
      ['database_writer', 'reports'],
      ['prometheus', 'tasks'],
    ]);
  });

  it.each([
    [{ webhook: null }, 'webhook must be an object'],
    [{ webhook: [] }, 'webhook must be an object'],
    [{ webhook: {} }, 'webhook.url is missing'],
    [
      { webhook: { ulr: URL } },
      'webhook.ulr is no known key; known are accepts, url, secret, headers, body, when, retries, retry_delay_seconds, timeout_seconds',
    ],
    [{ webhook: { url: 7 } }, 'webhook.url must be a text that is not empty'],
    [{ webhook: { url: 'hook' } }, 'webhook.url must be an http:// or https:// address'],
    [{ webhook: { url: 'ftp://example.org' } }, 'webhook.url must be an http:// or https:// address'],
    [{ webhook: { url: 'https://me@example.org' } }, 'webhook.url must be without a user and password; put them into headers'],
    [{ webhook: { url: 'https://:word@example.org' } }, 'webhook.url must be without a user and password; put them into headers'],
    [{ webhook: { url: URL, accepts: 'all' } }, 'webhook.accepts must be one of reports, tasks'],
    [{ webhook: { url: URL, secret: '' } }, 'webhook.secret must be a text that is not empty'],
    [{ webhook: { url: URL, headers: [] } }, 'webhook.headers must be an object'],
    [{ webhook: { url: URL, headers: { x: 1 } } }, 'webhook.headers must be an object of texts'],
    [{ webhook: { url: URL, headers: { 'a b': 'x' } } }, 'webhook.headers must be an object of names and values that HTTP allows'],
    [
      { webhook: { url: URL, body: { a: ['{{suite}}'] } } },
      /^webhook\.body has \{\{suite\}\}; what can be filled in begins with suite_name, /,
    ],
    [{ webhook: { url: URL, retries: 1.5 } }, 'webhook.retries must be a whole number from 0 to 10'],
    [{ webhook: { url: URL, retries: 11 } }, 'webhook.retries must be a number from 0 to 10'],
    [{ webhook: { url: URL, timeout_seconds: '5' } }, 'webhook.timeout_seconds must be a number from 0.1 to 300'],
    [{ webhook: { url: URL, when: 'failed' } }, 'webhook.when must be an object'],
    [{ webhook: { url: URL, when: { severity: 'P0' } } }, /^webhook\.when\.severity is no known key/],
    [{ webhook: { url: URL, when: { severities: ['P9'] } } }, 'webhook.when.severities must be a list of P0, P1, P2, P3'],
    [{ webhook: { url: URL, when: { suites: [] } } }, 'webhook.when.suites must be a list of texts that is not empty'],
    [{ webhook: { url: URL, when: { suites: 'Daily' } } }, 'webhook.when.suites must be a list of texts that is not empty'],
    [{ webhook: { url: URL, when: { tags: 'x' } } }, 'webhook.when.tags must be an object'],
    [{ email_alerts: {} }, 'email_alerts.smtp is missing'],
    [{ email_alerts: { ...EMAIL, smtp: 'smtp://mail' } }, 'email_alerts.smtp must be an object'],
    [{ email_alerts: { ...EMAIL, smtp: { ...SMTP, tls: 'ssl' } } }, 'email_alerts.smtp.tls must be one of starttls, implicit, none'],
    [{ email_alerts: { ...EMAIL, smtp: { ...SMTP, port: 0 } } }, 'email_alerts.smtp.port must be a number from 1 to 65535'],
    [{ email_alerts: { ...EMAIL, smtp: { ...SMTP, user: 'me' } } }, 'email_alerts.smtp.password is missing'],
    [{ email_alerts: { ...EMAIL, smtp: { ...SMTP, password: 'x' } } }, 'email_alerts.smtp.user is missing'],
    [{ email_alerts: { ...EMAIL, to: [] } }, 'email_alerts.to must be a list of texts that is not empty'],
    [{ email_alerts: { ...EMAIL, to: ['a', 7] } }, 'email_alerts.to must be a list of texts that is not empty'],
    [{ email_alerts: { ...EMAIL, subject: '{{x}}' } }, /^email_alerts\.subject has \{\{x\}\}; /],
    [{ database_writer: { table: 'joblib_task' } }, /^database_writer\.table must be a name of lower-case letters/],
    [{ database_writer: { table: 'a"; b' } }, /^database_writer\.table must be a name of lower-case letters/],
    [{ workflow_trigger: { triggers: [] } }, 'workflow_trigger.triggers must be a list of objects that is not empty'],
    [{ workflow_trigger: { triggers: {} } }, 'workflow_trigger.triggers must be a list of objects that is not empty'],
    [{ workflow_trigger: { triggers: [TRIGGER, {}] } }, 'workflow_trigger.triggers[1].when is missing'],
    [
      { workflow_trigger: { triggers: [{ ...TRIGGER, job: 'Repair' }] } },
      'workflow_trigger.triggers[0].job must be the full name of a job: room_id:category:name',
    ],
    [{ workflow_trigger: { triggers: [{ ...TRIGGER, room: 'a:b' }] } }, 'workflow_trigger.triggers[0].room must be the id of a room'],
    [{ workflow_trigger: { triggers: [{ ...TRIGGER, payload: 7 }] } }, 'workflow_trigger.triggers[0].payload must be an object'],
    [
      { workflow_trigger: { triggers: [{ ...TRIGGER, payload: { x: '{{x.y}}' } }] } },
      /^workflow_trigger\.triggers\[0\]\.payload has \{\{x\.y\}\}; /,
    ],
    [{ prometheus: { prefix: 'my-' } }, 'prometheus.prefix must be of lower-case letters, digits and _'],
    [{ prometheus: { buckets: [1, 1] } }, 'prometheus.buckets must be a list of rising numbers'],
    [{ prometheus: { buckets: ['1'] } }, 'prometheus.buckets must be a list of rising numbers'],
    [{ prometheus: { buckets: [] } }, 'prometheus.buckets must be a list of rising numbers'],
    [{ prometheus: { buckets: 1 } }, 'prometheus.buckets must be a list of rising numbers'],
    [{ audit: { log_to_fil: true } }, 'audit.log_to_fil is no known key; known are log_to_file, audit_file'],
    [{ dqx_audit: { log_to_file: 1 } }, 'audit.log_to_file must be true or false'],
  ])('refuses %j', (config, refusal) => {
    expect(refusalOf(config)).toMatch(
      typeof refusal === 'string' ? new RegExp(`^${refusal.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&')}$`) : refusal,
    );
  });
});
