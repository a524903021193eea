import { GLOBAL_ROOM, formatFullName } from '@joblib/contract';
import type { TaskView } from '@joblib/contract';

import { DEFAULT_CATEGORY } from './extension/extension.js';
import type { AnyExtension } from './extension/extension.js';
import type { JoblibApi } from './http/joblib-api.js';
import type { Retries } from './http/retries.js';

/** Where a task goes. */
export interface SubmitOptions {
  /** Whose task it is. */
  readonly room: string;
  /** Where the job is registered, when an extension is submitted to. `@global` by default. */
  readonly jobRoom?: string;
  /** 1–255 printable ASCII characters: whoever submits again with it gets the first task. A random one by default. */
  readonly idempotencyKey?: string;
}

/** Everything that a submission needs besides the manager. */
export interface Submission {
  readonly api: JoblibApi;
  readonly retries: Retries;
  readonly signal: AbortSignal;
}

/** Submits exactly one task, however often the answer gets lost on the way. */
export function submitTask(
  { api, retries, signal }: Submission,
  job: AnyExtension | string,
  payload: unknown,
  { room, jobRoom = GLOBAL_ROOM, idempotencyKey = randomKey() }: SubmitOptions,
): Promise<TaskView> {
  const fullName = typeof job === 'string' ? job : fullNameOf(job, jobRoom);
  const call = (): Promise<TaskView> => api.submit(room, fullName, payload, idempotencyKey, signal);
  return retries.some({ label: `Submitting to ${fullName}`, call, signal });
}

/** "room_id:category:name" */
export function fullNameOf({ category = DEFAULT_CATEGORY, name }: AnyExtension, roomId: string): string {
  return formatFullName({ roomId, category, name });
}

/** `crypto.randomUUID` is missing on pages that were not loaded over HTTPS. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
