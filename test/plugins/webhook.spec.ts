import { createHmac } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { WebhookPlugin } from '@joblib/plugins';
import { aContext } from '@joblib/plugins/testing';

import { HttpReceiver, answer } from './http-receiver.js';
import { DAILY, aTask } from './reports.js';

let receiver: HttpReceiver;

beforeEach(async () => {
  receiver = await HttpReceiver.open();
});
afterEach(() => receiver.close());

function aPlugin(config: Record<string, unknown> = {}): WebhookPlugin {
  return new WebhookPlugin({ url: `${receiver.origin}/hook?token=geheim`, retry_delay_seconds: 0, ...config });
}

const bodies = (): unknown[] => receiver.requests.map(({ body }) => JSON.parse(body) as unknown);

describe('WebhookPlugin', () => {
  it('posts all that is known of a run, signed, under a key that is always the same', async () => {
    const plugin = aPlugin({ secret: 'shared', headers: { Authorization: 'Bearer x' } });
    await plugin.process(aContext({ ...DAILY, task: aTask() }));
    const [request] = receiver.requests;
    const signature = createHmac('sha256', 'shared')
      .update(request?.body ?? '')
      .digest('hex');
    expect(request).toMatchObject({
      method: 'POST',
      path: '/hook?token=geheim',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer x',
        'idempotency-key': 'execution-1',
        'x-joblib-signature': `sha256=${signature}`,
      },
    });
    expect(bodies()).toEqual([
      {
        suite_name: 'Daily',
        execution_id: 'execution-1',
        datasources: ['sales'],
        key: { yyyy_mm_dd: '2026-01-31', tags: { env: 'prod' } },
        timestamp: 1_769_860_800,
        duration_ms: 1500,
        total_assertions: 3,
        passed_assertions: 1,
        failed_assertions: 1,
        skipped_assertions: 1,
        assertion_pass_rate: (1 / 3) * 100,
        assertions_by_severity: { P0: 1, P1: 1, P2: 1 },
        failures_by_severity: { P0: 1 },
        total_symbols: 2,
        failed_symbols: 1,
        results: DAILY.results,
        symbols: DAILY.symbols,
        task: {
          id: 'task-1',
          job: '@global:modifiers:Verify',
          room: 'lab',
          status: 'completed',
          payload: { path: 'x', deep: { list: [1, 2] } },
          result: null,
          error: null,
          created_at: '2026-01-31T12:00:00.000000Z',
          started_at: '2026-01-31T12:00:01.000000Z',
          completed_at: '2026-01-31T12:00:02.000000Z',
        },
      },
    ]);
  });

  it('fills in its template, unsigned without a secret', async () => {
    const body = {
      text: 'Of {{ suite_name }}: {{failures_by_severity}}, {{task.error}}{{key.tags.nothing}}',
      failed: '{{failed_assertions}}',
      list: ['{{results.1.check}}', 7, null],
      gone: '{{task.payload.deep.no.such}}',
      inherited: '{{key.tags.constructor}}',
      constant: true,
    };
    await aPlugin({ body }).process(aContext(DAILY));
    expect(receiver.requests[0]?.headers['x-joblib-signature']).toBeUndefined();
    const text = 'Of Daily: {"P0":1}, ';
    expect(bodies()).toEqual([{ text, failed: 1, list: ['Nulls', 7, null], gone: null, inherited: null, constant: true }]);
  });

  it('may post a text alone', async () => {
    await aPlugin({ body: '{{suite_name}}!' }).process(aContext(DAILY));
    expect(bodies()).toEqual(['Daily!']);
  });

  it('tries again until it is taken: a server that fails twice gets it once more, the same', async () => {
    receiver.answers.push(answer(500), (response) => response.destroy());
    await aPlugin({ secret: 'shared' }).process(aContext(DAILY));
    expect(receiver.requests).toHaveLength(3);
    expect(new Set(receiver.requests.map(({ body, headers }) => body + String(headers['x-joblib-signature']))).size).toBe(1);
  });

  it('gives up after its retries, and says what the last answer was, without the query of the address', async () => {
    receiver.answers.push(answer(503), answer(429), answer(502, ' bad\n gateway '));
    const failure = `POST ${receiver.origin}/hook was answered 502: bad gateway (attempt 3 of 3)`;
    await expect(aPlugin().process(aContext(DAILY))).rejects.toThrow(new Error(failure));
  });

  it('does not try again what will not pass, and follows no redirection', async () => {
    receiver.answers.push(answer(404), answer(307, '', { location: '/elsewhere' }));
    await expect(aPlugin().process(aContext(DAILY))).rejects.toThrow(/was answered 404 \(attempt 1 of 3\)/);
    await expect(aPlugin().process(aContext(DAILY))).rejects.toThrow(/was answered 307 \(attempt 1 of 3\)/);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook?token=geheim', '/hook?token=geheim']);
  });

  it('says why nobody can be reached', async () => {
    const { origin } = receiver;
    await receiver.close();
    const plugin = new WebhookPlugin({ url: origin, retries: 1, retry_delay_seconds: 0 });
    const refused = plugin.process(aContext(DAILY));
    await expect(refused).rejects.toThrow(/^POST http:\/\/127\.0\.0\.1:\d+\/ failed: connect ECONNREFUSED .* \(attempt 2 of 2\)$/);
    receiver = await HttpReceiver.open();
  });

  it('waits no longer for an answer than it may', async () => {
    receiver.answers.push(() => undefined);
    await expect(aPlugin({ timeout_seconds: 0.1, retries: 0 }).process(aContext(DAILY))).rejects.toThrow(/failed: .*timeout/);
  });

  it('is ended by its signal, while it waits for an answer and between two attempts', async () => {
    const stop = new AbortController();
    receiver.answers.push(() => stop.abort(new Error('The server stops.')));
    await expect(aPlugin().process(aContext({ ...DAILY, signal: stop.signal }))).rejects.toThrow('The server stops.');
    const later = new AbortController();
    receiver.answers.push(answer(500));
    // Nobody but the pause listens to the signal itself.
    const { signal } = later;
    const listen = signal.addEventListener.bind(signal);
    jest.spyOn(signal, 'addEventListener').mockImplementation((...listening: Parameters<typeof listen>) => {
      listen(...listening);
      later.abort(new Error('The server stops.'));
    });
    const between = aPlugin({ retry_delay_seconds: 60 }).process(aContext({ ...DAILY, signal }));
    await expect(between).rejects.toThrow('The server stops.');
    expect(receiver.requests).toHaveLength(2);
  });

  it.each([
    [{ suites: ['Daily'], tags: { env: 'prod' }, severities: ['P0'], min_failures: 1, pass_rate_below: 34, task_status: ['completed'] }, 1],
    [{ suites: ['Hourly'] }, 0],
    [{ tags: { env: 'test' } }, 0],
    [{ tags: { region: 'eu' } }, 0],
    [{ severities: ['P1', 'P2'] }, 0],
    [{ min_failures: 2 }, 0],
    [{ pass_rate_below: 33 }, 0],
    [{ task_status: ['failed', 'cancelled'] }, 0],
    [{}, 1],
  ])('posts when %j holds', async (when, posts) => {
    await aPlugin({ when }).process(aContext({ ...DAILY, task: aTask() }));
    expect(receiver.requests).toHaveLength(posts);
  });

  it('posts nothing of a run without a task when the status of one is asked for', async () => {
    await aPlugin({ when: { task_status: ['completed'] } }).process(aContext(DAILY));
    expect(receiver.requests).toEqual([]);
  });

  it('follows its manager, but for what it accepts', async () => {
    const plugin = aPlugin({ accepts: 'tasks' });
    plugin.initialize({});
    expect(() => plugin.initialize({ url: receiver.origin })).toThrow("accepts cannot become 'reports' while the plugin is registered");
    plugin.initialize({ accepts: 'tasks', url: `${receiver.origin}/other` });
    await plugin.process(aContext(DAILY));
    expect([plugin.accepts, receiver.requests[0]?.path]).toEqual(['tasks', '/other']);
  });
});
