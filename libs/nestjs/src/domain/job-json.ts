import { formatFullName } from '@joblib/contract';

import type { Job } from './job.js';

/** The wire form of a job as JSON text; its schema goes in as the text it is. `workerId` is the one that was just linked. */
export function jobJson(job: Job, workers: readonly string[], workerId?: string): string {
  const { id, roomId, category, name, schema } = job;
  const head = { id, room_id: roomId, category, name, full_name: formatFullName(job) };
  const tail = { workers, ...(workerId === undefined ? {} : { worker_id: workerId }) };
  return `${JSON.stringify(head).slice(0, -1)},"schema":${schema},${JSON.stringify(tail).slice(1)}`;
}
