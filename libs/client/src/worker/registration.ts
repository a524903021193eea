import { DEFAULT_PROVIDER_CONTENT_TYPE, GLOBAL_ROOM, formatFullName } from '@joblib/contract';
import type { ProviderView, RegisteredJob } from '@joblib/contract';

import { bindExtension } from '../extension/extension-binding.js';
import type { AnyExtension } from '../extension/extension.js';
import type { JoblibApi } from '../http/joblib-api.js';
import type { Retries } from '../http/retries.js';
import type { OwnProvider } from '../providers/provider-desk.js';
import type { ProviderClass } from '../providers/provider.js';
import { jsonSchemaOf } from '../schema/payload-check.js';
import { jobRoom, providerRoom } from '../sockets/rooms.js';
import type { SocketLink } from '../sockets/socket-link.js';
import { fullNameOf } from '../submit.js';
import type { RegisteredExtension } from './claims.js';
import type { StopSwitch } from './stop-switch.js';

export interface RegistrationOptions {
  readonly api: JoblibApi;
  readonly retries: Retries;
  readonly stop: StopSwitch;
  readonly link: SocketLink | null;
  /** A worker was made: from now on it has to show that it is alive. */
  readonly onWorker: () => void;
}

/** The worker of a manager, made when it is first needed, and what it is registered for. */
export class Registration {
  readonly jobs = new Map<string, RegisteredExtension>();
  readonly providers = new Map<string, OwnProvider>();
  #workerId: string | null = null;
  #creating: Promise<string> | null = null;

  constructor(private readonly options: RegistrationOptions) {}

  get workerId(): string | null {
    return this.#workerId;
  }

  /** @throws Error before anything was registered. */
  requireWorkerId(): string {
    this.options.stop.assertRunning();
    if (this.#workerId === null) throw new Error('There is no worker yet: call register() or createWorker() first.');
    return this.#workerId;
  }

  /** Many who ask at once get the same worker. */
  ensureWorker(): Promise<string> {
    this.options.stop.assertRunning();
    this.#creating ??= this.#create().catch((error: unknown) => {
      this.#creating = null;
      throw error;
    });
    return this.#creating;
  }

  /** The worker is named in the registration, so that a repeated one does not leave a second worker behind. */
  async addJob(extension: AnyExtension, roomId: string = GLOBAL_ROOM, context: unknown = undefined): Promise<RegisteredJob> {
    const { api, retries, stop, link } = this.options;
    const binding = bindExtension(extension);
    const fullName = fullNameOf(extension, roomId);
    const workerId = await this.ensureWorker();
    const job = { category: binding.category, name: binding.name, schema: binding.jsonSchema, worker_id: workerId };
    const call = (): Promise<RegisteredJob> => api.registerJob(roomId, job, stop.signal);
    const registered = await retries.some({ label: `Registering ${fullName}`, call, signal: stop.signal });
    stop.assertRunning();
    const isNew = !this.jobs.has(fullName);
    this.jobs.set(fullName, { extension, binding, context, roomId });
    if (isNew) await link?.join(jobRoom(fullName, workerId));
    return registered;
  }

  async addProvider(provider: ProviderClass, name: string, handler: unknown, roomId: string): Promise<ProviderView> {
    const { api, retries, stop, link } = this.options;
    if (link === null) throw new TypeError('A provider is asked over a socket, and this JobManager was made with `socket: false`.');
    const { category, contentType = DEFAULT_PROVIDER_CONTENT_TYPE } = provider;
    const fullName = formatFullName({ roomId, category, name });
    const workerId = await this.ensureWorker();
    const body = { category, name, schema: jsonSchemaOf(provider.schema), content_type: contentType, worker_id: workerId };
    const call = (): Promise<ProviderView> => api.registerProvider(roomId, body, stop.signal);
    const registered = await retries.some({ label: `Registering ${fullName}`, call, signal: stop.signal });
    stop.assertRunning();
    const isNew = !this.providers.has(fullName);
    this.providers.set(fullName, { id: registered.id, provider, handler });
    if (isNew) await link.join(providerRoom(fullName, workerId));
    return registered;
  }

  /** @returns the provider that was there. */
  removeProvider(fullName: string): OwnProvider | null {
    const own = this.providers.get(fullName);
    if (own === undefined) return null;
    this.providers.delete(fullName);
    if (this.#workerId !== null) this.options.link?.leave(providerRoom(fullName, this.#workerId));
    return own;
  }

  /** Leaves every room and forgets everything. @returns the worker that there was. */
  clear(): string | null {
    const workerId = this.#workerId;
    if (workerId !== null) {
      for (const fullName of this.providers.keys()) this.options.link?.leave(providerRoom(fullName, workerId));
      for (const fullName of this.jobs.keys()) this.options.link?.leave(jobRoom(fullName, workerId));
    }
    this.providers.clear();
    this.jobs.clear();
    this.#workerId = null;
    return workerId;
  }

  async #create(): Promise<string> {
    const { api, retries, stop, onWorker } = this.options;
    const call = async (): Promise<string> => (await api.createWorker(stop.signal)).id;
    const workerId = await retries.some({ label: 'Making a worker', call, signal: stop.signal });
    stop.assertRunning();
    this.#workerId = workerId;
    onWorker();
    return workerId;
  }
}
