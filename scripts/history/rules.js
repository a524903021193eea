import { claimedInOrder } from './claim-order.js';
import { groupedBy, isOk } from './entries.js';

const TERMINAL = new Set(['completed', 'failed', 'cancelled']);
const RANK = { pending: 0, claimed: 0, running: 1, completed: 2, failed: 2, cancelled: 2 };

/** What a client may be answered; `null` is no answer at all. A worker that is gone is 404, what another was faster to do is 409. */
const EXPECTED = {
  submit: [200, 202, 503, null],
  claim: [200, 404, 503, null],
  report: [200, 409, 503, null],
  life: [200, 201, 404, 503, null],
};

/** Name → what is wrong with a history, one sentence each; nothing when it holds. */
export const RULES = {
  'only retryable refusals': ({ calls }) =>
    calls
      .filter(({ op, status }) => !EXPECTED[op].includes(status))
      .map(({ op, by, status, from }) => `${by} was answered ${status} to a ${op} at ${from}`),

  'every 202 reaches exactly one terminal state': ({ submits, reports, events, end }) => {
    const told = groupedBy(
      [...reports.filter(isOk), ...events].filter(({ says }) => TERMINAL.has(says)),
      ({ task }) => task,
    );
    return submits.filter(isOk).flatMap(({ task }) => {
      const status = end.get(task)?.status;
      if (!TERMINAL.has(status)) return [`${task} is ${status ?? 'lost'} in the end`];
      const others = (told.get(task) ?? []).filter(({ says }) => says !== status);
      return others.map(({ by, says }) => `${task} is ${status} in the end, and ${by} was told that it is ${says}`);
    });
  },

  'no two workers hold one task': ({ claims }) => {
    const given = claims.filter(isOk).flatMap(({ worker, tasks }) => tasks.map(({ id }) => ({ id, worker })));
    return [...groupedBy(given, ({ id }) => id)]
      .filter(([, holders]) => holders.length > 1)
      .map(([id, holders]) => `${id} was given to ${holders.map(({ worker }) => worker).join(' and to ')}`);
  },

  'transitions are legal': ({ reports }) =>
    [...groupedBy(reports, ({ task }) => task)].flatMap(([task, ofTask]) => {
      const done = ofTask.filter(isOk);
      const ends = done.filter(({ says }) => TERMINAL.has(says));
      const problems = ends.length > 1 ? [`${task} was ended ${ends.length} times`] : [];
      for (const end of ends) {
        if (done.some(({ says, from }) => says === 'running' && from > end.to)) problems.push(`${task} ran after it was ${end.says}`);
        // Without an answer, or with a 503 for a commit that nobody heard the end of, it may have started.
        const mayHaveStarted = ({ says, status, from }) => says === 'running' && status !== 409 && from < end.to;
        const started = ofTask.some(mayHaveStarted);
        if (end.says === 'completed' && !started) problems.push(`${task} was completed without having been started`);
      }
      return problems;
    }),

  'first in, first out per job': claimedInOrder,

  'events come in the order of the commits': ({ events }) =>
    [...groupedBy(events, ({ by, task }) => `${by} ${task}`)].flatMap(([, ofTask]) =>
      ofTask.flatMap(({ by, task, says }, index) => {
        const before = ofTask[index - 1];
        if (before === undefined || RANK[before.says] < RANK[says]) return [];
        const isProgress = before.says === says && !TERMINAL.has(says);
        const isPutBack = before.says !== says && RANK[says] === 0 && RANK[before.says] === 0;
        return isProgress || isPutBack ? [] : [`${by} was told that ${task} is ${says} after it was ${before.says}`];
      }),
    ),

  'no living worker is cleaned up': ({ settings, lives, claims, sockets }) => {
    const signs = groupedBy([...lives, ...claims].filter(isOk), ({ worker }) => worker);
    const losses = groupedBy(
      sockets.filter(({ is }) => is === 'lost'),
      ({ worker }) => worker,
    );
    return [...lives, ...claims].flatMap(({ status, worker, from, to, by }) => {
      if (status !== 404) return [];
      const lastSign = Math.max(-Infinity, ...(signs.get(worker) ?? []).map((sign) => sign.from).filter((sign) => sign < from));
      if (to - lastSign >= settings.workerTimeoutSeconds * 1000) return [];
      // Without its last socket it has the grace to show life.
      const isLost = ({ at }) => at >= lastSign && to - at >= settings.graceSeconds * 1000;
      if ((losses.get(worker) ?? []).some(isLost)) return [];
      return [`${by} (${worker}) was gone ${Math.round(to - lastSign)} ms after its last sign of life`];
    });
  },
};

/** @returns {{rule: string, problem: string}[]} */
export function violationsOf(history) {
  return Object.entries(RULES).flatMap(([rule, check]) => check(history).map((problem) => ({ rule, problem })));
}
