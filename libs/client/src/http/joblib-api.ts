import { BASE_PATH, ME_PATH } from '@joblib/contract';
import type {
  ClaimAnswer,
  JobSummary,
  JobView,
  JsonSchema,
  Page,
  PageRequest,
  Progress,
  ProviderView,
  RegisteredJob,
  ReportableStatus,
  TaskStatus,
  TaskView,
  WorkerSummary,
  WorkerView,
} from '@joblib/contract';

import type { HttpClient } from './http-client.js';

/** Who the server takes the caller for. */
export interface Me {
  readonly id: string;
  readonly is_superuser: boolean;
}

/** A job as it is registered. */
export interface JobToRegister {
  readonly category: string;
  readonly name: string;
  readonly schema: JsonSchema;
  readonly worker_id?: string;
}

/** A provider as it is registered. */
export interface ProviderToRegister extends JobToRegister {
  readonly content_type: string;
}

/** What a worker says of a task. */
export interface TaskReport {
  readonly status: ReportableStatus;
  readonly error?: string;
  readonly result?: unknown;
  readonly progress?: Progress;
}

/** How a call is held and ended. */
export interface CallOptions {
  /** Held by the server for so long, unless there is something to answer before. */
  readonly waitSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was read from a provider. */
export interface ProviderAnswer {
  /** Nobody has answered yet: ask again. */
  readonly isPending: boolean;
  readonly contentType: string;
  readonly bytes: ArrayBuffer;
}

const GOODBYE_SECONDS = 5;

/** The server's calls, one method each, exactly once each. Throws what `HttpClient.send` throws. */
export class JoblibApi {
  constructor(private readonly http: HttpClient) {}

  me(): Promise<Me> {
    return this.http.json({ method: 'GET', path: ME_PATH });
  }

  createWorker(signal?: AbortSignal): Promise<WorkerView> {
    return this.http.json({ method: 'POST', path: `${BASE_PATH}/workers`, signal });
  }

  heartbeat(workerId: string, signal?: AbortSignal): Promise<WorkerView> {
    return this.http.json({ method: 'PATCH', path: `${BASE_PATH}/workers/${segment(workerId)}`, signal });
  }

  async deleteWorker(workerId: string): Promise<void> {
    await this.http.send({ method: 'DELETE', path: `${BASE_PATH}/workers/${segment(workerId)}`, timeoutSeconds: GOODBYE_SECONDS });
  }

  registerJob(roomId: string, job: JobToRegister, signal?: AbortSignal): Promise<RegisteredJob> {
    return this.http.json({ method: 'PUT', path: `${room(roomId)}/jobs`, json: job, signal });
  }

  getJob(roomId: string, fullName: string): Promise<JobView> {
    return this.http.json({ method: 'GET', path: `${room(roomId)}/jobs/${segment(fullName)}` });
  }

  /** `idempotencyKey` makes it safe to send twice: the second answer is the first task. */
  submit(roomId: string, fullName: string, payload: unknown, idempotencyKey: string, signal?: AbortSignal): Promise<TaskView> {
    const headers = { 'Idempotency-Key': idempotencyKey };
    return this.http.json({ method: 'POST', path: `${room(roomId)}/tasks/${segment(fullName)}`, json: { payload }, headers, signal });
  }

  /** The oldest pending tasks of the worker's jobs, at most `maxTasks`; none is an empty list. */
  async claim(workerId: string, maxTasks: number, options: CallOptions = {}): Promise<readonly TaskView[]> {
    const json = { worker_id: workerId, ...(maxTasks > 1 && { max_tasks: maxTasks }) };
    const answer = await this.http.json<ClaimAnswer>({ method: 'POST', path: `${BASE_PATH}/tasks/claim`, json, ...options });
    return answer.tasks ?? (answer.task === null ? [] : [answer.task]);
  }

  getTask(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    return this.http.json({ method: 'GET', path: task(taskId), ...options });
  }

  report(taskId: string, report: TaskReport, signal?: AbortSignal): Promise<TaskView> {
    return this.http.json({ method: 'PATCH', path: task(taskId), json: report, signal });
  }

  registerProvider(roomId: string, provider: ProviderToRegister, signal?: AbortSignal): Promise<ProviderView> {
    return this.http.json({ method: 'PUT', path: `${room(roomId)}/providers`, json: provider, signal });
  }

  async deleteProvider(providerId: string): Promise<void> {
    await this.http.send({ method: 'DELETE', path: `${BASE_PATH}/providers/${segment(providerId)}` });
  }

  /** Uploads the answer to a read: the bytes as they are, or a problem document that says why there is none. */
  async uploadResult(providerId: string, requestHash: string, upload: ProviderUpload): Promise<void> {
    const headers = {
      'X-Request-Hash': requestHash,
      'Content-Type': upload.contentType,
      ...(upload.isError && { 'X-Result-Status': 'error' }),
    };
    await this.http.send({ method: 'POST', path: `${BASE_PATH}/providers/${segment(providerId)}/results`, bytes: upload.bytes, headers });
  }

  /** A read. Without `waitSeconds` it is answered at once, with `isPending` when nothing is cached. */
  async readProvider(
    roomId: string,
    fullName: string,
    params: Readonly<Record<string, string>>,
    options: CallOptions = {},
  ): Promise<ProviderAnswer> {
    const path = `${room(roomId)}/providers/${segment(fullName)}${query(params)}`;
    const { status, headers, bytes } = await this.http.send({ method: 'GET', path, ...options });
    return { isPending: status === 202, contentType: headers.get('content-type') ?? '', bytes };
  }

  listJobs(roomId: string, page: Partial<PageRequest> = {}): Promise<Page<JobSummary>> {
    return this.http.json({ method: 'GET', path: `${room(roomId)}/jobs${query(page)}` });
  }

  listWorkers(roomId: string, page: Partial<PageRequest> = {}): Promise<Page<WorkerSummary>> {
    return this.http.json({ method: 'GET', path: `${room(roomId)}/workers${query(page)}` });
  }

  listProviders(roomId: string, page: Partial<PageRequest> = {}): Promise<Page<ProviderView>> {
    return this.http.json({ method: 'GET', path: `${room(roomId)}/providers${query(page)}` });
  }

  listTasks(roomId: string, page: Partial<PageRequest> & { readonly status?: TaskStatus } = {}): Promise<Page<TaskView>> {
    return this.http.json({ method: 'GET', path: `${room(roomId)}/tasks${query(page)}` });
  }
}

/** What a provider answers a read with. */
export interface ProviderUpload {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly isError: boolean;
}

function segment(text: string): string {
  return encodeURIComponent(text);
}

function room(roomId: string): string {
  return `${BASE_PATH}/rooms/${segment(roomId)}`;
}

function task(taskId: string): string {
  return `${BASE_PATH}/tasks/${segment(taskId)}`;
}

function query(fields: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
