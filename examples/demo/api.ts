import type {
  ClaimAnswer,
  JsonSchema,
  ProblemDocument,
  Progress,
  RegisteredJob,
  ReportableStatus,
  TaskView,
  WorkerView,
} from '@joblib/contract';

/** The service refused (with its problem document) or was not reached (`status` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `GET /v1/me`. */
export interface Me {
  readonly id: string;
  readonly is_superuser: boolean;
}

/** The parts of `room_id:category:name`, with the schema to register. */
export interface JobToRegister {
  readonly roomId: string;
  readonly category: string;
  readonly name: string;
  readonly schema: JsonSchema;
}

/** `PATCH /tasks/{id}`. */
export interface Report {
  readonly status: ReportableStatus;
  readonly progress?: Progress;
  readonly result?: unknown;
  readonly error?: string;
}

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The calls that the demo makes, one method each. Every one throws `ApiError`, or the reason of an aborted `signal`. */
export class JoblibApi {
  constructor(
    readonly url: string,
    private readonly token: string,
    private readonly signal?: AbortSignal,
  ) {}

  whoAmI(): Promise<Me> {
    return this.call('GET', '/v1/me');
  }

  registerJob({ roomId, category, name, schema }: JobToRegister): Promise<RegisteredJob> {
    return this.call('PUT', `${roomAddress(roomId)}/jobs`, { body: { category, name, schema } });
  }

  heartbeat(workerId: string): Promise<WorkerView> {
    return this.call('PATCH', `/v1/joblib/workers/${workerId}`);
  }

  /** Ends the worker; `signal` instead of the client's own, which has aborted by then. */
  deleteWorker(workerId: string, signal: AbortSignal): Promise<void> {
    return this.call('DELETE', `/v1/joblib/workers/${workerId}`, { signal });
  }

  submit(roomId: string, fullName: string, payload: Readonly<Record<string, unknown>>): Promise<TaskView> {
    return this.call('POST', `${roomAddress(roomId)}/tasks/${encodeURIComponent(fullName)}`, { body: { payload } });
  }

  /** Held by the service until there is a task or `waitSeconds` passed: then `null`. */
  async claim(workerId: string, waitSeconds: number): Promise<TaskView | null> {
    const headers = { Prefer: `wait=${waitSeconds}` };
    const { task } = await this.call<ClaimAnswer>('POST', '/v1/joblib/tasks/claim', { body: { worker_id: workerId }, headers });
    return task;
  }

  report(taskId: string, report: Report): Promise<TaskView> {
    return this.call('PATCH', taskAddress(taskId), { body: report });
  }

  getTask(taskId: string): Promise<TaskView> {
    return this.call('GET', taskAddress(taskId));
  }

  private async call<Answer>(method: string, path: string, { body, headers, signal = this.signal }: Call = {}): Promise<Answer> {
    const request: RequestInit = { method, headers: { Authorization: `Bearer ${this.token}`, ...headers } };
    if (signal !== undefined) request.signal = signal;
    if (body !== undefined) {
      request.headers = { ...request.headers, 'Content-Type': 'application/json' };
      request.body = JSON.stringify(body);
    }
    try {
      const response = await fetch(this.url + path, request);
      const text = await response.text();
      if (!response.ok) throw new ApiError(`${method} ${path}: ${refusal(response, text)}`, response.status);
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ApiError) throw error;
      throw new ApiError(`${method} ${path}: ${unreachable(error)}`, 0, { cause: error });
    }
  }
}

function roomAddress(roomId: string): string {
  return `/v1/joblib/rooms/${encodeURIComponent(roomId)}`;
}

function taskAddress(taskId: string): string {
  return `/v1/joblib/tasks/${taskId}`;
}

function refusal(response: Response, text: string): string {
  if (!response.headers.get('Content-Type')?.includes('problem+json')) return `${response.status} ${response.statusText}`;
  const problem = JSON.parse(text) as ProblemDocument;
  const fields = problem.errors?.map(({ pointer, detail }) => `${pointer} ${detail}`) ?? [];
  return [`${problem.status} ${problem.title}: ${problem.detail}`, ...fields].join('; ');
}

function unreachable(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (reason instanceof Error) return reason.message === '' && 'code' in reason ? String(reason.code) : reason.message;
  return String(reason);
}
