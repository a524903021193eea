import { fileURLToPath } from 'node:url';
import { emptyPostgresDatabase, emptySqliteDatabase } from './databases.js';
import { HandOutLedger } from './hand-out-checker.js';
import { HttpConnection } from './http-connection.js';
import { Latencies } from './latencies.js';
import { drain, LOADS, type Lane, type LoadContext } from './loads.js';
import type { PluginsOptions } from './plugins-options.js';
import { ServerProcess } from './server-process.js';
import { TaskApi } from './task-api.js';

const WARM_UP_SECONDS = 1;
const TOKEN = 'root';

/** What a server has to do with plugins. Plain tasks are all that it is given. */
export interface PluginsKind {
  readonly title: string;
  /** `null`: it has none. */
  readonly accepts: 'reports' | 'tasks' | null;
  /** Whether it calls them; if not, tasks are handed out to them all the same. */
  readonly callsPlugins: boolean;
  /** Plugins that accept tasks were there before, on a server that is gone: tasks are put out for them, and nobody comes for them. */
  readonly isAwaited: boolean;
}

export interface PluginsMeasurement {
  readonly lifecyclesPerSecond: number;
  /** Processor time of the server, delivering included; null where the system does not tell. */
  readonly cpuMsPerLifecycle: number | null;
  /** Deliveries made while the load lasted, per second; and those that were left. */
  readonly deliveredPerSecond: number;
  readonly deliveriesLeft: number;
  readonly violations: readonly string[];
}

/** A new server on an empty database, warmed up, under load for a while. */
export async function measurePlugins(kind: PluginsKind, options: PluginsOptions, core: number | null): Promise<PluginsMeasurement> {
  const { postgresUrl } = options;
  const database = postgresUrl === null ? await emptySqliteDatabase() : await emptyPostgresDatabase(postgresUrl);
  try {
    if (kind.isAwaited) await (await start(database.url, { ...kind, accepts: 'tasks' }, core)).stop();
    const server = await start(database.url, kind, core);
    try {
      return await underLoad(server, options);
    } finally {
      await server.stop();
    }
  } finally {
    await database.remove();
  }
}

function start(databaseUrl: string, { accepts, callsPlugins }: PluginsKind, core: number | null): Promise<ServerProcess> {
  const script = fileURLToPath(new URL('plugins-server.js', import.meta.url));
  const environment = {
    NODE_ENV: 'production',
    BENCH_DATABASE: databaseUrl,
    BENCH_ACCEPTS: accepts ?? '',
    BENCH_CALLS_PLUGINS: callsPlugins ? 'yes' : 'no',
  };
  return ServerProcess.start({ script, nodeFlags: [], environment, core });
}

async function underLoad(server: ServerProcess, { connections, seconds }: PluginsOptions): Promise<PluginsMeasurement> {
  const lanes: Lane[] = [];
  for (let index = 0; index < connections; index += 1) lanes.push(await openLane(server.origin));
  try {
    const warmUp = contextOf(lanes, 'warm-up', WARM_UP_SECONDS);
    await LOADS.steady(warmUp);
    await drain(warmUp);
    const before = await deliveriesOf(server.origin);
    const cpuBefore = server.cpuSeconds();
    const context = contextOf(lanes, 'steady', seconds);
    const { lifecycles, elapsedSeconds } = await LOADS.steady(context);
    const cpuAfter = server.cpuSeconds();
    const after = await deliveriesOf(server.origin);
    await drain(context);
    return {
      lifecyclesPerSecond: lifecycles / elapsedSeconds,
      cpuMsPerLifecycle: cpuBefore === null || cpuAfter === null ? null : ((cpuAfter - cpuBefore) * 1000) / lifecycles,
      deliveredPerSecond: (after.delivered - before.delivered) / elapsedSeconds,
      deliveriesLeft: after.pending,
      violations: [...warmUp.ledger.violations(), ...context.ledger.violations()],
    };
  } finally {
    for (const { api } of lanes) api.connection.close();
  }
}

async function openLane(origin: string): Promise<Lane> {
  const api = new TaskApi(await HttpConnection.open(origin), { origin, token: TOKEN });
  return { api, workerId: await api.register() };
}

function contextOf(lanes: readonly Lane[], roomId: string, seconds: number): LoadContext {
  return { lanes, roomId, seconds, backlogSize: 0, batchSize: 1, ledger: new HandOutLedger(), latencies: new Latencies() };
}

/** Of all plugins of the server together. */
async function deliveriesOf(origin: string): Promise<{ delivered: number; pending: number }> {
  const answer = await fetch(`${origin}/v1/joblib/plugins`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const { items } = (await answer.json()) as { items: { deliveries: { delivered: number; pending: number } }[] };
  const sum = (status: 'delivered' | 'pending'): number => items.reduce((total, { deliveries }) => total + deliveries[status], 0);
  return { delivered: sum('delivered'), pending: sum('pending') };
}
