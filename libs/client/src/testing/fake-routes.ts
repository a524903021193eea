import { ProblemError, isTerminal } from '@joblib/contract';
import type { ProviderView, RegisteredJob } from '@joblib/contract';

import { pause } from '../clock.js';
import type { ClientClock } from '../clock.js';
import type { TaskReport } from '../http/joblib-api.js';
import type { FakeWorld } from './fake-world.js';

/** A request with all it takes to answer it. */
export interface FakeExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly raw: string | Uint8Array<ArrayBuffer> | undefined;
  readonly world: FakeWorld;
  readonly clock: ClientClock;
  /** Aborts when nobody is there any more to hear the answer. */
  readonly broken: AbortSignal;
  /** Resolves at the next change of anything. */
  readonly change: () => Promise<void>;
}

type Handler = (exchange: FakeExchange, ...segments: string[]) => Response | Promise<Response>;

/** Method, path below the base path with `*` for a segment, and what answers it. */
const ROUTES: readonly (readonly [method: string, path: string, handler: Handler])[] = [
  ['POST', '/workers', ({ world }) => json(201, world.createWorker())],
  ['PATCH', '/workers/*', ({ world }, id) => json(200, world.getWorker(id))],
  ['DELETE', '/workers/*', deleteWorker],
  ['PUT', '/rooms/*/jobs', ({ world, body }, room) => json(201, world.registerJob(room, body as RegisteredJob))],
  ['GET', '/rooms/*/jobs', ({ world }) => page([...world.jobs.values()])],
  ['GET', '/rooms/*/jobs/*', ({ world }, _room, fullName) => json(200, world.getJob(fullName))],
  ['GET', '/rooms/*/workers', ({ world }) => page([...world.workers.values()])],
  ['GET', '/rooms/*/tasks', ({ world }, room) => page([...world.tasks.values()].filter((task) => task.room_id === room))],
  ['POST', '/rooms/*/tasks/*', submit],
  ['POST', '/tasks/claim', claim],
  ['GET', '/tasks/*', getTask],
  ['PATCH', '/tasks/*', ({ world, body }, id) => json(200, world.report(id, body as TaskReport))],
  ['PUT', '/rooms/*/providers', ({ world, body }, room) => json(201, world.registerProvider(room, body as ProviderView))],
  ['GET', '/rooms/*/providers', ({ world }) => page([...world.providers.values()])],
  ['DELETE', '/providers/*', deleteProvider],
  ['POST', '/providers/*/results', storeResult],
];

const BASE = '/v1/joblib';

/** @throws ProblemError for what a server refuses. */
export async function answerRequest(exchange: FakeExchange): Promise<Response> {
  const [path = ''] = exchange.path.split('?');
  for (const [method, pattern, handler] of ROUTES) {
    const segments = matched(pattern, path);
    if (method === exchange.method && segments !== null) return handler(exchange, ...segments);
  }
  throw new ProblemError('NotFound', `Nothing is served at '${exchange.method} ${exchange.path}'.`);
}

/** The segments that stand for `*`, decoded; `null` when the path is another. */
function matched(pattern: string, path: string): string[] | null {
  const wanted = (BASE + pattern).split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  if (!wanted.every((segment, index) => segment === '*' || segment === given[index])) return null;
  return given.filter((_, index) => wanted[index] === '*').map(decodeURIComponent);
}

function deleteWorker({ world }: FakeExchange, id: string): Response {
  world.getWorker(id);
  world.removeWorker(id);
  return new Response(null, { status: 204 });
}

function submit({ world, body, headers }: FakeExchange, room: string, fullName: string): Response {
  const { payload } = body as { payload?: unknown };
  return json(202, world.submit(room, fullName, payload, headers['Idempotency-Key']));
}

async function claim(exchange: FakeExchange): Promise<Response> {
  const { world, body, broken } = exchange;
  const { worker_id: workerId = '', max_tasks: maxTasks } = body as { worker_id?: string; max_tasks?: number };
  const tasks = await held(
    exchange,
    () => world.claim(workerId, maxTasks ?? 1),
    (found) => found.length > 0,
  );
  if (broken.aborted) world.undoClaim(tasks);
  return json(200, { task: tasks[0] ?? null, ...(maxTasks !== undefined && { tasks }) });
}

async function getTask(exchange: FakeExchange, id: string): Promise<Response> {
  const look = (): ReturnType<FakeWorld['getTask']> => exchange.world.getTask(id);
  return json(200, await held(exchange, look, ({ status }) => isTerminal(status)));
}

function deleteProvider({ world }: FakeExchange, id: string): Response {
  world.providers.delete(world.getProviderById(id).full_name);
  return new Response(null, { status: 204 });
}

async function storeResult({ world, headers, raw }: FakeExchange, id: string): Promise<Response> {
  const { id: providerId } = world.getProviderById(id);
  const bytes = await new Response(raw ?? null).arrayBuffer();
  const contentType = headers['Content-Type'] ?? '';
  world.results.set(`${providerId} ${headers['X-Request-Hash'] ?? ''}`, {
    bytes,
    contentType,
    isError: headers['X-Result-Status'] === 'error',
  });
  return new Response(null, { status: 204 });
}

/** Looks until it is enough, the wait of `Prefer` is over, or nobody is there any more. */
async function held<T>({ headers, clock, broken, change }: FakeExchange, look: () => T, isEnough: (found: T) => boolean): Promise<T> {
  const waitSeconds = Number(/^wait=(\d+)$/.exec(headers['Prefer'] ?? '')?.[1] ?? 0);
  const deadlineMs = clock.nowMs() + waitSeconds * 1000;
  for (let found = look(); ; found = look()) {
    if (isEnough(found) || broken.aborted || clock.nowMs() >= deadlineMs) return found;
    const changed = new AbortController();
    void change().then(() => changed.abort());
    await pause(clock, deadlineMs - clock.nowMs(), [changed.signal, broken]);
  }
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

function page(items: readonly unknown[]): Response {
  return json(200, { items: [...items].reverse(), total: items.length, limit: 50, offset: 0 });
}
