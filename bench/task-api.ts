import { formatRequest, headersOf, requestHead, type HttpConnection } from './http-connection.js';
import type { HttpResponse } from './response-parser.js';

export const JOB_NAME = '@global:modifiers:Bench';
const BASE = '/v1/joblib';
const JOB = {
  category: 'modifiers',
  name: 'Bench',
  schema: {
    type: 'object',
    properties: { axis: { type: 'string' }, angle: { type: 'number' }, frames: { type: 'array', items: { type: 'integer' } } },
  },
};
const PAYLOAD = { axis: 'z', angle: 90, frames: [0, 1, 2, 3] };
const SUBMIT_BODY = JSON.stringify({ payload: PAYLOAD });
const REPORT_BODIES = { running: JSON.stringify({ status: 'running' }), completed: JSON.stringify({ status: 'completed' }) } as const;

export interface TaskStub {
  readonly id: string;
  readonly created_at: string;
}

export type ReportedStatus = keyof typeof REPORT_BODIES;

/** Where a server is and who asks; `token` is null when the server wants none. */
export interface Endpoint {
  readonly origin: string;
  readonly token: string | null;
}

/** The calls of a worker that also submits, over one connection. Any answer but the expected one is thrown as an Error that shows it. */
export class TaskApi {
  readonly #host: string;
  readonly #headers: string;
  readonly #claimHead: string;
  readonly #reportHead: string;

  constructor(
    readonly connection: HttpConnection,
    private readonly endpoint: Endpoint,
  ) {
    this.#host = new URL(endpoint.origin).host;
    this.#headers = headersOf(this.#host, endpoint.token);
    this.#claimHead = requestHead('POST', `${BASE}/tasks/claim`, this.#host, endpoint.token);
    this.#reportHead = requestHead('PATCH', `${BASE}/tasks`, this.#host, endpoint.token);
  }

  /** Registers the job for a new worker and returns that worker's id. */
  async register(): Promise<string> {
    const head = requestHead('PUT', `${BASE}/rooms/@global/jobs`, this.#host, this.endpoint.token);
    const response = await this.connection.send(formatRequest(head, JSON.stringify(JOB)));
    if (response.status !== 200) expectStatus('register', response, 201);
    return (JSON.parse(response.body) as { worker_id: string }).worker_id;
  }

  async dismiss(workerId: string): Promise<void> {
    const head = requestHead('DELETE', `${BASE}/workers/${workerId}`, this.#host, this.endpoint.token);
    expectStatus('dismiss', await this.connection.send(formatRequest(head, '{}')), 204);
  }

  async submit(roomId: string): Promise<TaskStub> {
    const response = await this.connection.send(`POST ${submitPath(roomId)} ${this.#headers}${SUBMIT_BODY.length}\r\n\r\n${SUBMIT_BODY}`);
    expectStatus('submit', response, 202);
    return JSON.parse(response.body) as TaskStub;
  }

  async submitBatch(roomId: string, size: number): Promise<readonly TaskStub[]> {
    const head = requestHead('POST', `${submitPath(roomId)}/batch`, this.#host, this.endpoint.token);
    const body = JSON.stringify({ payloads: Array.from({ length: size }, () => PAYLOAD) });
    const response = await this.connection.send(formatRequest(head, body));
    expectStatus('submit batch', response, 202);
    const { items } = JSON.parse(response.body) as { items: readonly TaskStub[] };
    if (items.length !== size || items.some(({ id }) => typeof id !== 'string'))
      throw new Error(`A batch of ${size} was answered with ${response.body.slice(0, 300)}`);
    return items;
  }

  async claim(workerId: string): Promise<TaskStub | null> {
    const response = await this.connection.send(formatRequest(this.#claimHead, `{"worker_id":"${workerId}"}`));
    expectStatus('claim', response, 200);
    return (JSON.parse(response.body) as { task: TaskStub | null }).task;
  }

  async claimMany(workerId: string, maxTasks: number): Promise<readonly TaskStub[]> {
    const response = await this.connection.send(
      formatRequest(this.#claimHead, JSON.stringify({ worker_id: workerId, max_tasks: maxTasks })),
    );
    expectStatus('claim', response, 200);
    return (JSON.parse(response.body) as { tasks: readonly TaskStub[] }).tasks;
  }

  async report(taskId: string, status: ReportedStatus): Promise<void> {
    const body = REPORT_BODIES[status];
    const response = await this.connection.send(`PATCH ${BASE}/tasks/${taskId} ${this.#headers}${body.length}\r\n\r\n${body}`);
    expectStatus(status, response, 200);
    if (!response.body.includes(`"status":"${status}"`)) throw new Error(`The task is not ${status}: ${response.body.slice(0, 300)}`);
  }

  async reportMany(tasks: readonly TaskStub[], status: ReportedStatus): Promise<void> {
    const body = JSON.stringify({ updates: tasks.map(({ id }) => ({ id, status })) });
    const response = await this.connection.send(formatRequest(this.#reportHead, body));
    expectStatus(`${status} batch`, response, 200);
    const { items } = JSON.parse(response.body) as { items: readonly { status: number }[] };
    const refused = items.find((item) => item.status !== 200);
    if (refused || items.length !== tasks.length)
      throw new Error(`A batch of ${tasks.length} reports was refused: ${JSON.stringify(refused ?? items.length)}`);
  }

  /** How many tasks the room has, all of them or those with one status. */
  async countTasks(roomId: string, status?: ReportedStatus): Promise<number> {
    const query = status === undefined ? 'limit=0' : `status=${status}&limit=0`;
    const head = requestHead('GET', `${BASE}/rooms/${roomId}/tasks?${query}`, this.#host, this.endpoint.token);
    const response = await this.connection.send(formatRequest(head, ''));
    expectStatus('count', response, 200);
    return (JSON.parse(response.body) as { total: number }).total;
  }
}

function submitPath(roomId: string): string {
  return `${BASE}/rooms/${roomId}/tasks/${JOB_NAME}`;
}

function expectStatus(call: string, response: HttpResponse, status: number): void {
  if (response.status !== status) throw new Error(`${call}: expected ${status}, got ${response.status} ${response.body.slice(0, 300)}`);
}
