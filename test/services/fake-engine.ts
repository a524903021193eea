import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { operationOf, unknownFields } from './engine-api.js';
import type { OperationName } from './engine-api.js';

interface CreateBody {
  readonly Image: string;
  readonly Labels: Record<string, string>;
}

interface Container {
  readonly id: string;
  readonly body: CreateBody;
  isRunning: boolean;
  exitCode: number;
  readonly waiting: ServerResponse[];
  logs: ServerResponse | null;
}

/** One request, with what it asked for. */
export interface EngineRequest {
  readonly name: OperationName;
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Speaks a container engine's HTTP on a unix socket, refuses what its API does not describe, and runs nothing. */
export class FakeEngine {
  readonly requests: EngineRequest[] = [];
  readonly images = new Set<string>();
  readonly containers = new Map<string, Container>();
  /** What requests were that the API does not describe. */
  readonly mistakes: string[] = [];
  /** Answers to the next request of that operation: `{ status, message }`, or `null`: none, the connection is closed after it was done. */
  readonly failures = new Map<OperationName, { status: number; message: string } | null>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'joblib-engine-'));
  readonly socketPath = join(this.#folder, 'engine.sock');
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  health: string | null = null;

  async start(): Promise<void> {
    this.#server.listen(this.socketPath);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get sequence(): OperationName[] {
    return this.requests.map(({ name }) => name);
  }

  requestsOf(name: OperationName): EngineRequest[] {
    return this.requests.filter((request) => request.name === name);
  }

  /** A container that is there already. */
  add(id: string, labels: Record<string, string>): void {
    this.containers.set(id, { id, body: { Image: 'x', Labels: labels }, isRunning: true, exitCode: 0, waiting: [], logs: null });
  }

  /** The container writes a line. */
  write(id: string, stream: 1 | 2, text: string): void {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream, 0);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    this.containers.get(id)?.logs?.write(Buffer.concat([header, Buffer.from(text)]));
  }

  /** The container ends. */
  end(id: string, exitCode: number): void {
    const container = this.containers.get(id);
    if (container === undefined) return;
    container.isRunning = false;
    container.exitCode = exitCode;
    container.logs?.end();
    for (const response of container.waiting.splice(0)) send(response, 200, { StatusCode: exitCode });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    try {
      const { name, id, query } = operationOf(request.method ?? '', request.url ?? '');
      if (name === 'ContainerCreate') {
        const wrong = unknownFields(body as object);
        if (wrong.length > 0) throw new Error(`ContainerCreate: ${wrong.join(', ')}`);
      }
      this.requests.push({ name, id, query: Object.fromEntries(query), body });
      const failure = this.failures.get(name);
      this.failures.delete(name);
      if (failure !== undefined && failure !== null) return send(response, failure.status, { message: failure.message });
      this.#perform(name, id, query, body, failure === null ? null : response);
      if (failure === null) request.socket.destroy();
    } catch (error) {
      this.mistakes.push((error as Error).message);
      send(response, 400, { message: (error as Error).message });
    }
    return undefined;
  }

  #perform(name: OperationName, id: string, query: URLSearchParams, body: unknown, response: ServerResponse | null): void {
    const container = this.containers.get(id);
    const answer = (status: number, value?: unknown): void => (response === null ? undefined : send(response, status, value));
    if (name.startsWith('Container') && id !== '' && container === undefined) return answer(404, { message: `No such container: ${id}` });
    switch (name) {
      case 'ContainerList':
        return answer(200, this.#list(query));
      case 'ContainerCreate':
        return this.#create(body as CreateBody, answer);
      case 'ContainerInspect':
        return answer(200, { Id: id, State: this.#state(container as Container) });
      case 'ContainerLogs':
        if (response !== null) (container as Container).logs = response;
        response?.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' }).flushHeaders();
        return undefined;
      case 'ContainerStart':
        (container as Container).isRunning = true;
        return answer(204);
      case 'ContainerStop':
        if (!(container as Container).isRunning) return answer(304);
        this.end(id, 0);
        return answer(204);
      case 'ContainerWait':
        if (response !== null) (container as Container).waiting.push(response);
        return undefined;
      case 'ContainerDelete':
        this.end(id, 137);
        this.containers.delete(id);
        return answer(204);
      case 'ImageCreate':
        return this.#pull(query, response);
      case 'ImageInspect':
        return this.images.has(id) ? answer(200, { Id: 'sha256:1' }) : answer(404, { message: `No such image: ${id}` });
    }
  }

  #list(query: URLSearchParams): unknown[] {
    const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
    return [...this.containers.values()]
      .filter(({ body: { Labels } }) => label.every((one) => Object.entries(Labels).some(([key, value]) => `${key}=${value}` === one)))
      .map(({ id, body: { Labels } }) => ({ Id: id, Labels }));
  }

  #create(body: CreateBody, answer: (status: number, value: unknown) => void): void {
    if (!this.images.has(body.Image)) return answer(404, { message: `No such image: ${body.Image}` });
    const id = `${this.containers.size + 1}`.padStart(64, 'c');
    this.containers.set(id, { id, body, isRunning: false, exitCode: 0, waiting: [], logs: null });
    return answer(201, { Id: id, Warnings: [] });
  }

  #pull(query: URLSearchParams, response: ServerResponse | null): void {
    const [image, tag] = [query.get('fromImage') ?? '', query.get('tag') ?? ''];
    response?.writeHead(200, { 'content-type': 'application/json' });
    response?.write(`${JSON.stringify({ status: 'Pulling' })}\r\n`);
    if (image.includes('no-such')) response?.write(`${JSON.stringify({ error: 'manifest unknown' })}\r\n`);
    else this.images.add(tag.includes(':') ? `${image}@${tag}` : `${image}:${tag}`);
    response?.end();
  }

  #state({ isRunning, exitCode }: Container): unknown {
    return { Running: isRunning, ExitCode: exitCode, ...(this.health === null ? {} : { Health: { Status: this.health } }) };
  }
}

function send(response: ServerResponse, status: number, value?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? null : (JSON.parse(text) as unknown);
}
