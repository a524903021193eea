import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EmailAlertsPlugin } from '@joblib/plugins';
import { RecordingLogger, aContext } from '@joblib/plugins/testing';

import { DAILY, aResult, aTask } from './reports.js';
import { SmtpInbox } from './smtp-inbox.js';

let inbox: SmtpInbox;
let logger: RecordingLogger;

beforeEach(async () => {
  inbox = await SmtpInbox.open();
  logger = new RecordingLogger();
});
afterEach(() => inbox.close());

function aPlugin(config: Record<string, unknown> = {}, smtp: Record<string, unknown> = {}): EmailAlertsPlugin {
  const server = { host: '127.0.0.1', port: inbox.port, tls: 'none', ...smtp };
  return new EmailAlertsPlugin({ smtp: server, from: 'joblib@example.org', to: ['ada@example.org'], ...config }, logger);
}

/** Without the folding that mails have. */
function lastMail(): string {
  return (inbox.mails.at(-1) ?? '').replaceAll('\r\n', '\n').replaceAll('=\n', '').replaceAll('=E2=80=A6', '…');
}

describe('EmailAlertsPlugin', () => {
  it('sends what failed, the worst first, to all recipients', async () => {
    const results = [aResult({ status: 'FAILED', metric: { failures: ['no column'] } }), ...(DAILY.results ?? [])];
    await aPlugin({ to: ['ada@example.org', 'bob@example.org'] }).process(aContext({ ...DAILY, results }));
    expect(inbox.mails).toHaveLength(1);
    expect(lastMail()).toMatch(
      /^From: joblib@example\.org\nTo: ada@example\.org, bob@example\.org\nSubject: Daily: 2 of 4 assertions failed\n/,
    );
    expect(lastMail()).toContain('Message-ID: <execution-1@joblib.invalid>');
    expect(lastMail().split('\n\n').slice(1).join('\n\n').trim()).toBe(
      [
        'Suite: Daily',
        'Date: 2026-01-31',
        'Datasets: sales',
        'Assertions: 2 failed, 1 passed, 1 skipped',
        '',
        '[P0] Nulls: are few, was 0.4',
        '[P1] Price: is positive (average(price) > 0), could not be computed: ["no column"]',
      ].join('\n'),
    );
  });

  it('lists fifty failures, and counts the rest', async () => {
    const failures = Array.from({ length: 53 }, (_, index) =>
      aResult({ status: 'FAILED', assertion: `number ${index}`, metric: { value: null } }),
    );
    await aPlugin().process(aContext({ results: failures }));
    expect(lastMail().match(/\[P1\]/g)).toHaveLength(50);
    expect(lastMail()).toContain('number 49 (average(price) > 0), was null');
    expect(lastMail().trim()).toMatch(/… and 3 more$/);
  });

  it('sends nothing while nothing of its severities failed', async () => {
    await aPlugin({ severities: ['P1', 'P2'] }).process(aContext(DAILY));
    await aPlugin().process(aContext({ task: aTask({ status: 'failed' }) }));
    expect(inbox.mails).toEqual([]);
  });

  it('tells of failed tasks when it accepts tasks', async () => {
    const plugin = aPlugin({ accepts: 'tasks', subject: '{{task.job}}\n{{task.status}}' });
    expect(plugin.accepts).toBe('tasks');
    await plugin.process(aContext({ task: aTask() }));
    await plugin.process(aContext({ task: aTask({ status: 'failed', error: 'out of memory' }) }));
    await plugin.process(aContext({ task: aTask({ status: 'failed' }) }));
    expect(inbox.mails).toHaveLength(2);
    expect(inbox.mails[0]).toContain('Task: task-1 in room lab, failed: out of memory');
    expect(inbox.mails[1]).toContain('Task: task-1 in room lab, failed\r\n');
  });

  it('lets no text of a user become a header of the mail', async () => {
    await aPlugin({ subject: '{{suite_name}}' }).process(aContext({ ...DAILY, suiteName: 'x\r\nBcc: eve@example.org' }));
    expect(lastMail().split('\n\n')[0]).not.toMatch(/^Bcc/m);
    expect(lastMail()).toContain('Subject: x Bcc: eve@example.org\n');
  });

  it('logs in', async () => {
    await aPlugin({}, { user: 'joblib', password: 'right' }).process(aContext(DAILY));
    expect([inbox.logins, inbox.mails.length]).toEqual([[{ username: 'joblib', password: 'right' }], 1]);
  });

  it('fails, and says which server refused, when the login is wrong, the server takes it for nobody, or is not there', async () => {
    const at = `The mail was not sent by 127.0.0.1:${inbox.port}: `;
    await expect(aPlugin({}, { user: 'joblib', password: 'wrong' }).process(aContext(DAILY))).rejects.toThrow(`${at}Invalid login`);
    await expect(aPlugin({ to: ['nobody@example.org'] }).process(aContext(DAILY))).rejects.toThrow(at);
    await inbox.close();
    const refused = aPlugin().process(aContext(DAILY));
    inbox = await SmtpInbox.open();
    await expect(refused).rejects.toThrow(/^The mail was not sent by 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  });

  it('has sent it when only some recipients are refused, and says so', async () => {
    await aPlugin({ to: ['nobody@example.org', 'ada@example.org'] }).process(aContext(DAILY));
    expect(inbox.mails).toHaveLength(1);
    expect(logger.lines).toEqual([`warn: 127.0.0.1:${inbox.port} refused to send an alert to nobody@example.org`]);
  });

  it('says nothing unencrypted unless it is told to, and nothing to a server that nobody vouches for', async () => {
    await expect(aPlugin({}, { tls: 'starttls' }).process(aContext(DAILY))).rejects.toThrow(/STARTTLS|TLS/);
    // The servers say that their certificate is for tests.
    const silenced = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const secured = [await SmtpInbox.open({ disabledCommands: [] }), await SmtpInbox.open({ secure: true })] as const;
    silenced.mockRestore();
    await expect(aPlugin({}, { tls: 'starttls', port: secured[0].port }).process(aContext(DAILY))).rejects.toThrow(/certificate/);
    await expect(aPlugin({}, { tls: 'implicit', port: secured[1].port }).process(aContext(DAILY))).rejects.toThrow(/certificate/);
    expect([...inbox.mails, ...secured[0].mails, ...secured[1].mails]).toEqual([]);
    await Promise.all(secured.map((each) => each.close()));
  });

  it('does not wait for ever for a server that says nothing', async () => {
    const silent = await SmtpInbox.open({ onConnect: () => undefined });
    await expect(aPlugin({}, { port: silent.port, timeout_seconds: 0.1 }).process(aContext(DAILY))).rejects.toThrow(
      /Timeout|Greeting never received/,
    );
    await silent.close();
  });

  it('is told something else by its manager, and keeps what it was made with when told nothing', async () => {
    const plugin = aPlugin();
    plugin.initialize({});
    await plugin.process(aContext(DAILY));
    expect(() => plugin.initialize({ to: [] })).toThrow('email_alerts.smtp is missing');
    plugin.initialize({ smtp: { host: '127.0.0.1', port: inbox.port, tls: 'none' }, from: 'new@example.org', to: ['ada@example.org'] });
    await plugin.process(aContext(DAILY));
    expect(inbox.mails.map((mail) => /^From: (.*)\r$/m.exec(mail)?.[1])).toEqual(['joblib@example.org', 'new@example.org']);
  });
});
