import type { JoblibUser } from '../support/joblib-user.js';

export const JOB = '@global:modifiers:Rotate';
export const ROOM = 'lab';

/** A job with one task in each state that can still change, and who may change them. */
export interface Queue {
  readonly root: JoblibUser;
  readonly workerId: string;
  readonly pendingId: string;
  readonly claimedId: string;
  readonly runningId: string;
}

/** @param root a superuser, who submits the tasks and works on them too. */
export async function aQueue(root: JoblibUser): Promise<Queue> {
  const { worker_id: workerId } = (await root.register(JOB)).body;
  for (const step of ['running', 'claimed', 'pending']) await root.submit(ROOM, JOB, { step });
  const { body } = await root.claim(workerId, { max_tasks: 2 });
  const [running, claimed] = body.tasks ?? [];
  if (running === undefined || claimed === undefined) throw new Error('There is no task to claim.');
  await root.report(running.id, 'running');
  const pending = (await root.tasks(ROOM, '?status=pending')).body.items[0];
  return { root, workerId, pendingId: pending?.id ?? '', claimedId: claimed.id, runningId: running.id };
}

/** A call of each kind that changes something; `bulk` goes into whatever can carry it. */
export function writesOf(
  { root, workerId, pendingId, claimedId, runningId }: Queue,
  bulk: string,
): Record<string, () => ReturnType<JoblibUser['call']>> {
  const tasks = `/rooms/${ROOM}/tasks/${JOB}`;
  return {
    'registers a job': () => root.call('PUT', `/rooms/${ROOM}/jobs`, { category: 'modifiers', name: 'New', schema: { description: bulk } }),
    'submits a task': () => root.call('POST', tasks, { payload: { bulk } }),
    'submits a task with a key': () => root.call('POST', tasks, { payload: { bulk } }, { 'idempotency-key': 'once' }),
    'submits a batch': () => root.call('POST', `${tasks}/batch`, { payloads: [{ bulk }, {}] }),
    'reports progress': () =>
      root.call('PATCH', `/tasks/${runningId}`, { status: 'running', progress: { current: 1, total: 2, message: bulk } }),
    'completes a task': () => root.call('PATCH', `/tasks/${runningId}`, { status: 'completed', result: bulk }),
    'fails a task': () => root.call('PATCH', `/tasks/${claimedId}`, { status: 'failed', error: bulk }),
    ...(bulk === ''
      ? {
          'creates a worker': () => root.call('POST', '/workers'),
          'sends a heartbeat': () => root.call('PATCH', `/workers/${workerId}`),
          'removes a worker': () => root.call('DELETE', `/workers/${workerId}`),
          'claims a task': () => root.call('POST', '/tasks/claim', { worker_id: workerId }),
          'claims, held': () => root.call('POST', '/tasks/claim', { worker_id: workerId }, { prefer: 'wait=30' }),
          'starts a task': () => root.call('PATCH', `/tasks/${claimedId}`, { status: 'running' }),
          'cancels a task': () => root.call('PATCH', `/tasks/${pendingId}`, { status: 'cancelled' }),
        }
      : {}),
  };
}

/** A call of each kind that only looks. */
export function readsOf({ root, runningId }: Queue): Record<string, () => ReturnType<JoblibUser['call']>> {
  const paths = [
    '/workers',
    '/rooms/lab/workers',
    '/rooms/lab/jobs',
    `/rooms/lab/jobs/${JOB}`,
    `/rooms/lab/jobs/${JOB}/tasks`,
    '/rooms/lab/tasks',
    `/tasks/${runningId}`,
  ];
  return Object.fromEntries(paths.map((path) => [path, () => root.call('GET', path)]));
}
