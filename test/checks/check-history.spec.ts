import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

type Entry = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'joblib-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const JOB = '@global:modifiers:A';
const settings: Entry = { kind: 'settings', workerTimeoutSeconds: 10, graceSeconds: 1 };
const end = (...tasks: [id: string, status: string][]): Entry => ({ kind: 'end', tasks: tasks.map(([id, status]) => ({ id, status })) });
const call = (op: string, from: number, said: Entry): Entry => ({
  kind: 'call',
  op,
  by: 'somebody',
  from,
  to: from + 5,
  status: 200,
  ...said,
});
const submit = (from: number, task: string, said: Entry = {}): Entry => call('submit', from, { job: JOB, task, status: 202, ...said });
const claim = (from: number, worker: string, ids: readonly string[], said: Entry = {}): Entry =>
  call('claim', from, { worker, tasks: ids.map((id) => ({ id, job: JOB })), ...said });
const report = (from: number, task: string, says: string, said: Entry = {}): Entry =>
  call('report', from, { worker: 'w', task, says, ...said });
const event = (at: number, task: string, says: string, by = 'watcher'): Entry => ({ kind: 'event', by, at, task, says });

function check(...entries: readonly Entry[]): { status: number | null; output: string } {
  return checkText([settings, ...entries].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

function checkText(text: string): { status: number | null; output: string } {
  const file = join(folder, 'history.jsonl');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check-history.js', file], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** A task's whole life, as everybody who has to do with it sees it. */
const LIFE: readonly Entry[] = [
  submit(0, 't1'),
  claim(10, 'w', ['t1']),
  report(20, 't1', 'running'),
  report(30, 't1', 'completed'),
  ...['pending', 'claimed', 'running', 'running', 'completed'].map((says, index) => event(5 + index * 10, 't1', says)),
  call('life', 40, { worker: 'w' }),
  end(['t1', 'completed']),
];

/** Rule, what is planted, and the history with it. */
const PLANTED: readonly [rule: string, what: string, entries: readonly Entry[]][] = [
  ['only retryable refusals', 'a failure', [submit(0, 't1', { status: 500 }), end()]],
  ['only retryable refusals', 'a refusal of a claim', [claim(0, 'w', [], { status: 403 }), end()]],
  ['every 202 reaches exactly one terminal state', 'a lost task', [submit(0, 't1'), end()]],
  ['every 202 reaches exactly one terminal state', 'a task without an end', [submit(0, 't1'), end(['t1', 'running'])]],
  ['every 202 reaches exactly one terminal state', 'two ends', [submit(0, 't1'), event(5, 't1', 'failed'), end(['t1', 'completed'])]],
  [
    'every 202 reaches exactly one terminal state',
    'a report undone',
    [submit(0, 't1'), report(5, 't1', 'cancelled'), end(['t1', 'failed'])],
  ],
  ['no two workers hold one task', 'two holders', [claim(0, 'w', ['t1']), claim(50, 'v', ['t1']), end(['t1', 'failed'])]],
  ['no two workers hold one task', 'one that gets it twice', [claim(0, 'w', ['t1']), claim(50, 'w', ['t1']), end(['t1', 'failed'])]],
  ['transitions are legal', 'an end without a start', [report(30, 't1', 'completed'), end(['t1', 'completed'])]],
  ['transitions are legal', 'a start after the end', [...LIFE, report(90, 't1', 'running')]],
  ['transitions are legal', 'two ends', [...LIFE, report(90, 't1', 'completed')]],
  [
    'first in, first out per job',
    'an older task that was overtaken',
    [submit(0, 't1'), submit(10, 't2'), claim(20, 'w', ['t2']), claim(40, 'v', ['t1']), end(['t1', 'failed'], ['t2', 'failed'])],
  ],
  ['events come in the order of the commits', 'an end before the start', [event(1, 't1', 'completed'), event(2, 't1', 'running'), end()]],
  ['events come in the order of the commits', 'a step back', [event(1, 't1', 'running'), event(2, 't1', 'claimed'), end()]],
  ['events come in the order of the commits', 'an end twice', [event(1, 't1', 'failed'), event(2, 't1', 'failed'), end()]],
  [
    'no living worker is cleaned up',
    'a silence that is too short',
    [call('life', 0, { worker: 'w' }), call('life', 9000, { worker: 'w', status: 404 }), end()],
  ],
  [
    'no living worker is cleaned up',
    'life after its socket was lost',
    [{ kind: 'socket', worker: 'w', is: 'lost', at: 100 }, claim(200, 'w', []), call('life', 3000, { worker: 'w', status: 404 }), end()],
  ],
];

/** What must be let pass. */
const LEGAL: readonly [what: string, entries: readonly Entry[]][] = [
  ['the life of a task', LIFE],
  ['a server that is away', [submit(0, 't1', { status: 503, task: undefined }), claim(5, 'w', [], { status: null }), end()]],
  [
    'an answer that was lost, and the conflict after it',
    [
      report(0, 't1', 'running', { status: null }),
      report(9, 't1', 'completed'),
      report(20, 't1', 'completed', { status: 409 }),
      end(['t1', 'completed']),
    ],
  ],
  [
    'two claims at once',
    [
      submit(0, 't1'),
      submit(10, 't2'),
      claim(20, 'w', ['t2'], { to: 60 }),
      claim(40, 'v', ['t1']),
      end(['t1', 'failed'], ['t2', 'failed']),
    ],
  ],
  [
    'an older task whose submit was not answered yet',
    [
      submit(0, 't1', { to: 30 }),
      submit(10, 't2'),
      claim(20, 'w', ['t2']),
      claim(40, 'v', ['t1']),
      end(['t1', 'failed'], ['t2', 'failed']),
    ],
  ],
  [
    'an older task that was put back',
    [
      submit(0, 't1'),
      submit(10, 't2'),
      claim(15, 'x', [], { status: null }),
      claim(20, 'w', ['t2']),
      claim(40, 'v', ['t1']),
      end(['t1', 'failed'], ['t2', 'failed']),
    ],
  ],
  [
    'an older task that watchers saw in other hands before',
    [
      submit(0, 't1'),
      submit(10, 't2'),
      event(18, 't1', 'claimed'),
      claim(20, 'w', ['t2']),
      claim(40, 'v', ['t1']),
      end(['t1', 'failed'], ['t2', 'failed']),
    ],
  ],
  [
    'a task that was put back and claimed anew',
    [...['pending', 'claimed', 'pending', 'claimed'].map((says, at) => event(at, 't1', says)), end()],
  ],
  ['events that are missing', [event(0, 't1', 'pending'), event(1, 't1', 'completed'), end()]],
  ['a silent worker', [call('life', 0, { worker: 'w' }), call('life', 11_000, { worker: 'w', status: 404 }), end()]],
  [
    'a worker without its socket',
    [
      call('life', 0, { worker: 'w' }),
      { kind: 'socket', worker: 'w', is: 'lost', at: 100 },
      call('life', 3000, { worker: 'w', status: 404 }),
      end(),
    ],
  ],
];

describe('scripts/check-history.js', () => {
  it.each(PLANTED)('finds, by the rule "%s", %s', (rule, _, entries) => {
    const { status, output } = check(...entries);
    expect(output).toContain(`${rule}: `);
    expect(status).toBe(1);
  });

  it.each(LEGAL)('lets pass %s', (_, entries) => {
    const { status, output } = check(...entries);
    expect(output).toMatch(/: holds\n$/);
    expect(status).toBe(0);
  });

  it('does without the half line of a client that was killed, and not without an end', () => {
    const lines = [settings, ...LIFE].map((entry) => JSON.stringify(entry));
    expect(checkText(lines.join('\n{"kind":"call","op":"cl\n')).status).toBe(0);
    expect(check(submit(0, 't1')).output).toContain('A history has `settings` and an `end`.');
  });
});
