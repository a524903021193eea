/**
 * What a history is made of: one JSON object a line, times in milliseconds of one clock. In any order; several clients may have written it.
 *
 * - `{kind: 'settings', workerTimeoutSeconds, graceSeconds}`: once.
 * - `{kind: 'call', op, by, from, to, status, …}`: what a client asked and was answered; `status` null where no answer came.
 *   - `submit`: `job`, and of an answer `task`
 *   - `claim`: `worker`, and of an answer `tasks: [{id, job}]`
 *   - `report`: `worker`, `task`, `says` (the status asked for)
 *   - `life`: `worker`; a registration or a heartbeat
 * - `{kind: 'event', by, at, task, says}`: a `task_status_event`; `by` is one connection of one socket.
 * - `{kind: 'socket', worker, is: 'joined' | 'lost', at}`
 * - `{kind: 'fault', what, at}`: for readers.
 * - `{kind: 'end', tasks: [{id, status, error}]}`: what there is when all is over.
 */
export function parseHistory(text) {
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    // A client that was killed may have left half a line.
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  const ofKind = (kind) => entries.filter((entry) => entry.kind === kind);
  const calls = ofKind('call').sort((one, other) => one.from - other.from);
  const ofOperation = (op) => calls.filter((call) => call.op === op);
  const [settings] = ofKind('settings');
  const [end] = ofKind('end');
  if (settings === undefined || end === undefined) throw new Error('A history has `settings` and an `end`.');
  return {
    settings,
    calls,
    submits: ofOperation('submit'),
    claims: ofOperation('claim'),
    reports: ofOperation('report'),
    lives: ofOperation('life'),
    events: ofKind('event').sort((one, other) => one.at - other.at),
    sockets: ofKind('socket').sort((one, other) => one.at - other.at),
    faults: ofKind('fault'),
    end: new Map(end.tasks.map((task) => [task.id, task])),
  };
}

/** Groups in the order of the entries. */
export function groupedBy(entries, keyOf) {
  const groups = new Map();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (groups.has(key)) groups.get(key).push(entry);
    else groups.set(key, [entry]);
  }
  return groups;
}

export const isOk = ({ status }) => status !== null && status >= 200 && status < 300;
