import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

import type { ClaimAnswer, JsonSchema, Page, ProblemDocument, RegisteredJob, TaskView, WorkerView } from '@joblib/contract';

/** An answer with its body read. */
export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

const BASE = '/v1/joblib';

/** Tests send a hundred thousand requests; `fetch` takes longer for one than the server does. */
const agent = new Agent({ keepAlive: true });

/** Somebody who talks to a server over HTTP. Methods answer whatever comes back, refusals included. */
export class JoblibUser {
  constructor(
    private readonly origin: string,
    /** Their name, which is their token as well. */
    readonly name: string,
  ) {}

  /** Sends `body` as JSON, or as it is when it is a string. `path` is below the base path. */
  async call<T = ProblemDocument>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const { response, text } = await send(new URL(this.origin + BASE + path), {
      method,
      headers: { authorization: `Bearer ${this.name}`, ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: sent,
    });
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: (text === '' ? null : JSON.parse(text)) as T,
    };
  }

  createWorker(): Promise<Answer<WorkerView>> {
    return this.call('POST', '/workers');
  }

  heartbeat(workerId: string): Promise<Answer<WorkerView>> {
    return this.call('PATCH', `/workers/${workerId}`);
  }

  removeWorker(workerId: string): Promise<Answer> {
    return this.call('DELETE', `/workers/${workerId}`);
  }

  /** `fullName` is "room_id:category:name". */
  register(fullName: string, options: { schema?: JsonSchema; workerId?: string } = {}): Promise<Answer<RegisteredJob>> {
    const [room = '', category, ...name] = fullName.split(':');
    const body = { category, name: name.join(':'), schema: options.schema ?? {}, ...(options.workerId && { worker_id: options.workerId }) };
    return this.call('PUT', `/rooms/${encodeURIComponent(room)}/jobs`, body);
  }

  submit(room: string, fullName: string, payload: unknown = {}, headers: Record<string, string> = {}): Promise<Answer<TaskView>> {
    return this.call('POST', `/rooms/${encodeURIComponent(room)}/tasks/${encodeURIComponent(fullName)}`, { payload }, headers);
  }

  claim(workerId?: string, body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Answer<ClaimAnswer>> {
    return this.call('POST', '/tasks/claim', { ...(workerId && { worker_id: workerId }), ...body }, headers);
  }

  report(taskId: string, status: string, said: Record<string, unknown> = {}): Promise<Answer<TaskView>> {
    return this.call('PATCH', `/tasks/${taskId}`, { status, ...said });
  }

  task(taskId: string, headers: Record<string, string> = {}): Promise<Answer<TaskView>> {
    return this.call('GET', `/tasks/${taskId}`, undefined, headers);
  }

  tasks(room: string, query = ''): Promise<Answer<Page<TaskView>>> {
    return this.call('GET', `/rooms/${encodeURIComponent(room)}/tasks${query}`);
  }
}

interface Sent {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** @throws TypeError when there is no answer, as `fetch` does. */
function send(url: URL, { method, headers, body }: Sent): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => reject(new TypeError('fetch failed', { cause }));
    const sending = request(url, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ response, text }));
      response.on('error', refuse);
    });
    sending.on('error', refuse);
    sending.end(body);
  });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) for (const one of [value ?? []].flat()) all.append(name, one);
  return all;
}
