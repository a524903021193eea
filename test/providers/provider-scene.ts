import type { PendingRead, ProviderView, ServerEvents } from '@joblib/contract';
import type { Provider as NestProvider } from '@nestjs/common';

import type { HeldReads } from '../../libs/nestjs/src/providers/index.js';
import { HeldReads as HeldReadsToken } from '../../libs/nestjs/src/providers/index.js';
import { Scene, bodyOf } from '../http/scene.js';
import type { JoblibApp, JoblibAppOptions } from '../support/joblib-app.js';
import { until as patientlyUntil } from '../support/until.js';
import type { Answer, JoblibUser } from '../support/joblib-user.js';

/** The private provider that most tests use; `ann` answers for it. */
export const FILES = 'lab:filesystem:local';

/** An answer as it came, and its JSON if it is any. */
export interface RawRead extends Answer {
  readonly bytes: Buffer;
}

export interface Registration {
  readonly schema?: unknown;
  readonly content_type?: string;
  readonly worker_id?: string;
}

/** Somebody who registers, reads, uploads. Methods answer whatever comes back, refusals included. */
export class ProviderUser {
  constructor(
    private readonly origin: string,
    readonly user: JoblibUser,
  ) {}

  register(fullName = FILES, registration: Registration = {}): Promise<Answer<ProviderView>> {
    const [room = '', category, ...name] = fullName.split(':');
    return this.user.call('PUT', `/rooms/${encodeURIComponent(room)}/providers`, { category, name: name.join(':'), ...registration });
  }

  /** `query` with its question mark. */
  async read(query = '', headers: Record<string, string> = {}, { room = 'lab', fullName = FILES } = {}): Promise<RawRead> {
    const path = `/v1/joblib/rooms/${encodeURIComponent(room)}/providers/${encodeURIComponent(fullName)}${query}`;
    return raw(await fetch(this.origin + path, { headers: { authorization: `Bearer ${this.user.name}`, ...headers } }));
  }

  /** The first form: bytes, and their hash in a header. */
  async upload(providerId: string, hash: string, data: string | Uint8Array, headers: Record<string, string> = {}): Promise<RawRead> {
    return raw(
      await fetch(`${this.origin}/v1/joblib/providers/${providerId}/results`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.user.name}`, 'x-request-hash': hash, ...headers },
        // Not a string: it would come with a media type.
        body: typeof data === 'string' ? Buffer.from(data) : Buffer.from(data),
      }),
    );
  }

  remove(providerId: string): Promise<Answer> {
    return this.user.call('DELETE', `/providers/${providerId}`);
  }
}

async function raw(response: Response): Promise<RawRead> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('json') === true && bytes.length > 0;
  return { status: response.status, headers: response.headers, bytes, body: isJson ? (JSON.parse(bytes.toString()) as unknown) : null };
}

/** A server with people who have providers. */
export class ProviderScene {
  readonly ann: ProviderUser;
  readonly bob: ProviderUser;
  readonly sue: ProviderUser;
  readonly root: ProviderUser;

  private constructor(readonly scene: Scene) {
    this.ann = this.#user('ann');
    this.bob = this.#user('bob');
    this.sue = this.#user('sue');
    this.root = this.#user('root');
  }

  static async start(options?: JoblibAppOptions): Promise<ProviderScene> {
    return new ProviderScene(await Scene.start(options));
  }

  get server(): JoblibApp {
    return this.scene.server;
  }

  close(): Promise<void> {
    return this.scene.close();
  }

  async aProvider(fullName = FILES, registration: Registration = {}): Promise<ProviderView> {
    return bodyOf(201, await (fullName.startsWith('@') ? this.root : this.ann).register(fullName, registration));
  }

  /** All there are, as the server itself removes them. */
  async removeProviders(): Promise<void> {
    const rows = await this.server.dataSource.query<{ id: string }[]>('SELECT id FROM joblib_provider');
    for (const { id } of rows) bodyOf(204, await this.root.remove(id));
  }

  /** What providers were asked so far. */
  get requests(): ServerEvents['provider_request'][] {
    return this.server.events.payloadsOf('provider_request');
  }

  /** The hash of a read that nobody waits for, once it was asked. */
  async asked(query = '', target: Parameters<ProviderUser['read']>[2] = {}): Promise<string> {
    return (bodyOf(202, await this.sue.read(query, {}, target)) as PendingRead).request_hash;
  }

  /** Waits until so many reads are held. */
  async held(count: number): Promise<void> {
    await until(() => heldReadsOf(this.server).count === count);
  }

  /** Waits until providers were asked so often, and answers the last request. */
  async request(count = 1): Promise<ServerEvents['provider_request']> {
    await until(() => this.requests.length >= count);
    return this.requests[count - 1] as ServerEvents['provider_request'];
  }

  #user(name: string): ProviderUser {
    return new ProviderUser(this.server.origin, this.scene.user(name));
  }
}

function heldReadsOf(server: JoblibApp): HeldReads {
  return server.app.get(HeldReadsToken, { strict: false });
}

/** Another server's backend, clock or publisher, in place of the default. */
export function override(provide: symbol, useValue: object): NestProvider {
  return { provide, useValue };
}

/** Looks again and again until the condition holds, which has to be soon. */
export function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return patientlyUntil(String(condition), condition);
}
