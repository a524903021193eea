import { parseArgs } from 'node:util';
import { io, type Socket } from 'socket.io-client';
import { describeMachine, separateCores } from './cores.js';
import { formatRequest, HttpConnection, requestHead } from './http-connection.js';
import { median, quantile } from './latencies.js';
import { START_TARGET } from './targets.js';
import type { Endpoint } from './task-api.js';

/** Reads of a provider, beside a GET of the same service that looks at the token and nothing else. */

const PROVIDER = '/v1/joblib/rooms/lab/providers';
const NAME = 'lab:bench:echo';
const COLD_READERS = 1000;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    misses: { type: 'string', default: '1000' },
    bytes: { type: 'string', default: '1024' },
  },
});
const connections = Number(values.connections);
const seconds = Number(values.seconds);

/** A provider in this process: answers every request with the same bytes, and counts them. */
class EchoProvider {
  requests = 0;

  private constructor(private readonly socket: Socket) {}

  static async connect({ origin, token }: Endpoint, bytes: number): Promise<EchoProvider> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ category: 'bench', name: 'echo', content_type: 'application/octet-stream' });
    const { id, worker_id } = (await (await fetch(origin + PROVIDER, { method: 'PUT', headers, body })).json()) as Record<string, string>;
    const socket = io(origin, { transports: ['websocket'], auth: { token } });
    const provider = new EchoProvider(socket);
    const lane = await Lane.open(origin, token);
    const data = 'x'.repeat(bytes);
    socket.on('provider_request', ({ request_id }: { request_id: string }) => {
      provider.requests += 1;
      void lane.send('POST', `/v1/joblib/providers/${id}/results`, data, `X-Request-Hash: ${request_id}\r\n`);
    });
    await new Promise((resolve) => socket.once('connect', () => resolve(null)));
    await socket.emitWithAck('join_provider_room', { provider_name: NAME, worker_id });
    return provider;
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** A connection that takes one request after the other. */
class Lane {
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly connection: HttpConnection,
    private readonly host: string,
    private readonly token: string | null,
  ) {}

  static async open(origin: string, token: string | null): Promise<Lane> {
    return new Lane(await HttpConnection.open(origin), new URL(origin).host, token);
  }

  /** @param headers whole lines, e.g. `Prefer: wait=5\r\n`. @throws Error for a status from 300 on. */
  send(method: string, path: string, body = '', headers = ''): Promise<void> {
    const head = requestHead(method, path, this.host, this.token).replace('Content-Type: application/json\r\n', headers);
    const sending = this.#last.then(async () => {
      const { status } = await this.connection.send(formatRequest(head, body));
      if (status >= 300) throw new Error(`${method} ${path} was answered ${status}.`);
    });
    this.#last = sending.catch(() => undefined);
    return sending;
  }

  close(): void {
    this.connection.close();
  }
}

async function perSecond(lanes: readonly Lane[], path: string, forSeconds: number): Promise<number> {
  const deadlineMs = performance.now() + forSeconds * 1000;
  let count = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      for (; performance.now() < deadlineMs; count += 1) await lane.send('GET', path);
    }),
  );
  return count / forSeconds;
}

async function measureCached({ origin, token }: Endpoint): Promise<void> {
  const lanes = await Promise.all(Array.from({ length: connections }, () => Lane.open(origin, token)));
  const path = `${PROVIDER}/${NAME}?frame=1`;
  await lanes[0]?.send('GET', path, '', 'Prefer: wait=10\r\n');
  const rates: { me: number[]; read: number[] } = { me: [], read: [] };
  await perSecond(lanes, path, 1);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    rates.me.push(await perSecond(lanes, '/v1/me', seconds));
    rates.read.push(await perSecond(lanes, path, seconds));
  }
  for (const lane of lanes) lane.close();
  const [me, read] = [median(rates.me), median(rates.read)];
  console.log(`cached read: ${Math.round(read)}/s, GET /v1/me: ${Math.round(me)}/s, ratio ${(read / me).toFixed(2)} (goal 0.70)`);
}

async function measureMisses({ origin, token }: Endpoint): Promise<void> {
  const lane = await Lane.open(origin, token);
  const samplesMs: number[] = [];
  for (let index = 0; index < Number(values.misses); index += 1) {
    const beganMs = performance.now();
    await lane.send('GET', `${PROVIDER}/${NAME}?miss=${index}`, '', 'Prefer: wait=10\r\n');
    samplesMs.push(performance.now() - beganMs);
  }
  lane.close();
  const sorted = samplesMs.sort((a, b) => a - b);
  console.log(`miss: p50 ${quantile(sorted, 0.5).toFixed(1)} ms (goal 5), p99 ${quantile(sorted, 0.99).toFixed(1)} ms (goal 25)`);
}

/** @throws Error when they cause more than one request. */
async function measureCold({ origin, token }: Endpoint, provider: EchoProvider): Promise<void> {
  const lanes = await Promise.all(Array.from({ length: COLD_READERS }, () => Lane.open(origin, token)));
  const before = provider.requests;
  const beganMs = performance.now();
  await Promise.all(lanes.map((lane) => lane.send('GET', `${PROVIDER}/${NAME}?cold=1`, '', 'Prefer: wait=30\r\n')));
  const tookMs = performance.now() - beganMs;
  for (const lane of lanes) lane.close();
  const requests = provider.requests - before;
  console.log(`${COLD_READERS} readers of one cold key: all answered after ${Math.round(tookMs)} ms, ${requests} request`);
  if (requests !== 1) throw new Error(`One cold key caused ${requests} requests.`);
}

console.log(describeMachine());
const cores = separateCores();
const target = await START_TARGET.ours({ core: cores?.server ?? null, nodeFlags: [], postgresUrl: null });
try {
  const provider = await EchoProvider.connect(target.endpoint, Number(values.bytes));
  await measureCached(target.endpoint);
  await measureMisses(target.endpoint);
  await measureCold(target.endpoint, provider);
  provider.close();
} finally {
  await target.dispose();
}
