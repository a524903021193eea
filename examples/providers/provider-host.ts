import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { ReadFailure } from './read-failure.js';

/** Where the server is, and who asks. */
export interface Server {
  /** "http://127.0.0.1:8000" */
  readonly url: string;
  readonly token: string;
}

/** What this program answers. */
export interface ServedProvider {
  readonly category: string;
  readonly name: string;
  readonly contentType: string;
  /** JSON Schema of the parameters. */
  readonly schema: object;
  read(params: Readonly<Record<string, string>>): Promise<Uint8Array>;
  /** Nothing is read any more. */
  close?(): Promise<void>;
}

interface Registered {
  readonly id: string;
  readonly full_name: string;
  readonly worker_id: string;
}

interface ProviderRequest {
  readonly request_id: string;
  readonly provider_name: string;
  readonly params: string;
}

const HEARTBEAT_MS = 20_000;

/** Registers providers in a room, and answers what they are asked until it is closed. */
export class ProviderHost {
  readonly #served = new Map<string, Registered & ServedProvider>();
  readonly #socket: Socket;
  #heartbeat: NodeJS.Timeout | undefined;

  private constructor(private readonly server: Server) {
    this.#socket = io(server.url, { auth: { token: server.token }, autoConnect: false });
    this.#socket.on('provider_request', (request: ProviderRequest) => void this.#answer(request));
  }

  /** Resolves when reads are answered. */
  static async start(server: Server, room: string, providers: readonly ServedProvider[]): Promise<ProviderHost> {
    const host = new ProviderHost(server);
    for (const provider of providers) await host.#register(room, provider);
    await new Promise<void>((resolve, reject) => {
      // Also after every reconnect: rooms are not remembered.
      host.#socket.on('connect', () => void host.#join().then(resolve, reject));
      host.#socket.once('connect_error', reject);
      host.#socket.connect();
    });
    host.#heartbeat = setInterval(() => void host.#beat(), HEARTBEAT_MS);
    return host;
  }

  /** The providers go with their worker. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#call('DELETE', `/workers/${this.#workerId}`);
    this.#socket.disconnect();
    for (const provider of this.#served.values()) await provider.close?.();
  }

  get #workerId(): string | undefined {
    return [...this.#served.values()][0]?.worker_id;
  }

  async #register(room: string, provider: ServedProvider): Promise<void> {
    const { category, name, contentType, schema } = provider;
    // The first one makes the worker, the others share it.
    const registration = { category, name, schema, content_type: contentType, worker_id: this.#workerId };
    const body = JSON.stringify(registration);
    const response = await this.#call('PUT', `/rooms/${encodeURIComponent(room)}/providers`, body, { 'content-type': 'application/json' });
    const registered = (await response.json()) as Registered;
    this.#served.set(registered.full_name, { ...registered, ...provider });
  }

  async #join(): Promise<void> {
    for (const { full_name, worker_id } of this.#served.values()) {
      const answer = (await this.#socket.emitWithAck('join_provider_room', { provider_name: full_name, worker_id })) as { detail?: string };
      if (answer.detail !== undefined) throw new Error(answer.detail);
    }
  }

  async #answer({ request_id, provider_name, params }: ProviderRequest): Promise<void> {
    const provider = this.#served.get(provider_name);
    if (provider === undefined) return;
    const upload = (data: Uint8Array | string, headers: Record<string, string> = {}): Promise<Response> =>
      this.#call('POST', `/providers/${provider.id}/results`, data, { 'x-request-hash': request_id, ...headers });
    try {
      const data = await provider.read(JSON.parse(params) as Record<string, string>).catch(async (error: unknown) => {
        if (!(error instanceof ReadFailure)) console.error(`${provider_name} could not read ${params}:`, error);
        await upload(JSON.stringify(ReadFailure.documentOf(error)), { 'x-result-status': 'error' });
      });
      if (data !== undefined) await upload(data);
    } catch (error) {
      console.error(`The result of ${provider_name} ${params} was not taken:`, error);
    }
  }

  async #beat(): Promise<void> {
    await this.#call('PATCH', `/workers/${this.#workerId}`).catch((error: unknown) => console.error('No heartbeat:', error));
  }

  async #call(method: string, path: string, body?: Uint8Array | string, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${this.server.url}/v1/joblib${path}`, {
      method,
      headers: { authorization: `Bearer ${this.server.token}`, ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
    return response;
  }
}
