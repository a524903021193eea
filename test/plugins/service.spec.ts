import { existsSync, readFileSync } from 'node:fs';

import { afterEach, describe, expect, it } from '@jest/globals';
import { loadSqliteModule } from '@joblib/nestjs';

import { Playground } from '../service/server-process.js';
import { until } from '../support/until.js';
import { TemporaryApplication, pluginSource } from './application.js';
import { HttpReceiver } from './http-receiver.js';
import { DAILY_REPORT } from './reports.js';
import { completeTask, startService } from './service-scene.js';
import { SmtpInbox } from './smtp-inbox.js';

const VERIFY = '@global:modifiers:Verify';
const REPAIR = '@global:modifiers:Repair';

const playground = new Playground();
const applications: TemporaryApplication[] = [];
const closers: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await playground.clear();
  await Promise.all(closers.splice(0).map((each) => each.close()));
  for (const application of applications.splice(0)) application.remove();
});

function anApplication(files: Record<string, string> = {}): TemporaryApplication {
  const application = new TemporaryApplication(files);
  applications.push(application);
  return application;
}

const WRITER = pluginSource(
  'Writer',
  'writer',
  `
  initialize({ file }) { this.file = file; }
  process({ executionId }) { appendFileSync(this.file, executionId + '\\n'); }
  `,
);

describe('the service with joblib.yaml', () => {
  it('gives a report to every built-in plugin: mail, webhook, table, second job, metrics, audit', async () => {
    const [inbox, receiver] = [await SmtpInbox.open(), await HttpReceiver.open()];
    closers.push(inbox, receiver);
    const application = anApplication();
    const trigger = { when: { severities: ['P0'] }, job: REPAIR, payload: { suite: '{{suite_name}}' } };
    const scene = await startService(
      playground,
      application,
      {
        discover_plugins: false,
        plugin_config: {
          audit: { log_to_file: true, audit_file: 'logs/audit.log' },
          email_alerts: { smtp: { host: '127.0.0.1', port: inbox.port, tls: 'none' }, from: 'joblib@example.org', to: ['ada@example.org'] },
          webhook: { url: receiver.origin, secret: '${HOOK_SECRET}', body: { suite: '{{suite_name}}' } },
          database_writer: { table: 'quality' },
          // Twice the same: as when a run is delivered twice.
          workflow_trigger: { triggers: [trigger, trigger] },
          prometheus: {},
        },
      },
      { HOOK_SECRET: 'shared' },
    );
    const { body: repair } = await scene.root.register(REPAIR);
    await completeTask(scene, VERIFY, DAILY_REPORT);

    const { body } = await scene.root.claim(repair.worker_id, {}, { prefer: 'wait=20' });
    expect(body).toMatchObject({ task: { job_name: REPAIR, room_id: 'lab', payload: { suite: 'Daily' } } });
    await until('the mail is there', () => inbox.mails.length > 0);
    expect(inbox.mails[0]).toContain('Subject: Daily: 1 of 3 assertions failed');
    await until('the webhook was called', () => receiver.requests.length > 0);
    expect(receiver.requests[0]).toMatchObject({
      body: '{"suite":"Daily"}',
      headers: { 'x-joblib-signature': expect.stringMatching(/^sha256=/) },
    });
    await until('the metrics are there', async () => (await metricsOf(scene.address)).includes('joblib_suite_runs_total{suite="Daily"} 1'));
    const metrics = await metricsOf(scene.address);
    expect(metrics).toContain('joblib_suite_assertions_total{suite="Daily",severity="P0",status="FAILED"} 1');
    expect(metrics).toContain('joblib_suite_symbols_total{suite="Daily",outcome="successful"} 1');
    expect(metrics).toMatch(/^joblib_suite_duration_seconds_count\{suite="Daily"\} 1$/m);
    await until('the audit is written', () => existsSync(application.path('logs/audit.log')));
    expect(readFileSync(application.path('logs/audit.log'), 'utf8')).toContain('Suite: Daily\n');
    expect(scene.server.stdout).toContain('Suite: Daily');
    await scene.server.printed(/Plugin database_writer processed/);
    const { body: tasks } = await scene.root.tasks('lab');
    expect(tasks.items.map(({ job_name: job }) => job).toSorted()).toEqual([REPAIR, VERIFY]);
    expect(await scene.server.stop()).toBe(0);
    const database = new (loadSqliteModule().DatabaseSync)(application.path('data/joblib.sqlite'));
    expect(database.prepare('SELECT kind FROM quality').all()).toHaveLength(6);
    database.close();
  });

  it('has the plugins that the file names, each told what is meant for it; of two with one name the last', async () => {
    const application = anApplication({ 'plugins/writer.mjs': WRITER, 'other.mjs': pluginSource('Other', 'writer') });
    const file = application.path('ids.txt');
    const scene = await startService(playground, application, {
      plugins: ['./other.mjs#Other', './plugins/writer.mjs#Writer'],
      plugin_config: { writer: { file } },
      plugin_isolation: 'worker',
    });
    expect(scene.server.stdout).toContain('Replaced plugin writer (./plugins/writer.mjs#Writer)');
    const id = await completeTask(scene, VERIFY, DAILY_REPORT);
    await until('it is written', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
    expect(readFileSync(file, 'utf8')).toBe(`${id}\n`);
    expect(await scene.server.stop()).toBe(0);
  });

  it('logs that the audit cannot be written, and that no mail server is there, and goes on', async () => {
    const gone = await SmtpInbox.open();
    await gone.close();
    const application = anApplication({ blocked: 'a file where a folder should be' });
    const scene = await startService(playground, application, {
      plugin_config: {
        audit: { log_to_file: true, audit_file: 'blocked/audit.log' },
        email_alerts: { smtp: { host: '127.0.0.1', port: gone.port, tls: 'none' }, from: 'joblib@example.org', to: ['ada@example.org'] },
      },
    });
    await completeTask(scene, VERIFY, DAILY_REPORT);
    await until('both are told', () => /Failed to write audit to file[\s\S]*Plugin email_alerts failed/.test(scene.server.stderr));
    expect(scene.server.stderr).toMatch(
      /Plugin email_alerts failed after .* The mail was not sent by 127\.0\.0\.1:\d+: connect ECONNREFUSED/,
    );
    expect((await fetch(`${scene.address}/health/ready`)).status).toBe(200);
  });

  it('does not start with what it cannot have, and says why in one line', async () => {
    const { folder } = anApplication({ 'etc/my.yaml': 'plugins: ["./gone.mjs#X"]' });
    const server = playground.start(folder, { DATABASE_URL: 'sqlite::memory:', JOBLIB_CONFIG: 'etc/my.yaml' });
    expect(await server.ended()).toBe(1);
    expect(server.stderr).toMatch(/^joblib cannot start: etc\/my\.yaml: plugins: Cannot import module \.\/gone\.mjs: .*\n$/);
  });
});

async function metricsOf(address: string): Promise<string> {
  return (await fetch(`${address}/metrics`)).text();
}
