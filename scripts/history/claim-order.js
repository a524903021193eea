import { groupedBy, isOk } from './entries.js';

/** What a claim took whose answer nobody got is put back so soon after its end; later, watchers were told of it. */
const PUT_BACK_WITHIN_MS = 2000;

/**
 * A claim never gets a task while an older one of the same job is pending whose submit was answered before the claim began; what was put
 * back is excepted. Ids sort by creation. Pending for certain is what was given away by a claim that began after this one had ended.
 */
export function claimedInOrder({ submits, claims, events }) {
  const answered = earliest(submits.filter(isOk), 'to');
  const told = earliest(
    events.filter(({ says }) => says === 'claimed'),
    'at',
  );
  const lost = claims.filter((claim) => !isOk(claim));
  const given = claims.filter(isOk).flatMap((claim) => claim.tasks.map(({ id, job }) => ({ id, job, claim })));

  const isOvertaken = (older, claim) => {
    const wasPutBack = (told.get(older.id) ?? Infinity) < older.claim.from;
    return older.claim.from > claim.to && (answered.get(older.id) ?? Infinity) < claim.from && !wasPutBack;
  };
  return [...groupedBy(given, ({ job }) => job).values()].flatMap((ofJob) => {
    const oldestFirst = [...ofJob].sort((one, other) => (one.id < other.id ? -1 : 1));
    return oldestFirst.flatMap(({ id, claim }, index) => {
      if (mayBePutBack(claim, lost)) return [];
      const overtaken = oldestFirst.slice(0, index).find((older) => isOvertaken(older, claim));
      return overtaken === undefined ? [] : [`${claim.by} was given ${id} while the older ${overtaken.id} was pending`];
    });
  });
}

/** Whether something may have been in the hands of a claim that came to nothing while this one was served. */
function mayBePutBack(claim, lost) {
  return lost.some(({ from, to }) => from < claim.to && to + PUT_BACK_WITHIN_MS > claim.from);
}

/** Task → the earliest of these times. */
function earliest(entries, time) {
  const times = new Map();
  for (const { task, [time]: at } of entries) times.set(task, Math.min(at, times.get(task) ?? Infinity));
  return times;
}
