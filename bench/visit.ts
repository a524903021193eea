import { HandOutLedger } from './hand-out-checker.js';
import { HttpConnection } from './http-connection.js';
import { Latencies, type LatencySummary, type TimedStep } from './latencies.js';
import { drain, LOADS, type Lane, type LoadContext, type LoadName, type LoadOutcome } from './loads.js';
import type { ServerProcess } from './server-process.js';
import type { RunningTarget, TargetName } from './targets.js';
import { TaskApi } from './task-api.js';

export interface VisitOptions {
  readonly connections: number;
  readonly loads: readonly LoadName[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly backlogSize: number;
  readonly batchSize: number;
  readonly isWorkerShared: boolean;
}

/** One load on one server. `…Busy` is processor time over elapsed time: 1 is a full core. */
export interface Measurement extends LoadOutcome {
  readonly target: TargetName;
  readonly load: LoadName;
  readonly connections: number;
  readonly lifecyclesPerSecond: number;
  readonly latencies: Partial<Record<TimedStep, LatencySummary>>;
  readonly serverBusy: number | null;
  readonly clientBusy: number;
  /** On the clock of CPU profiles: monotonic, in microseconds. */
  readonly windowMicroseconds: readonly [began: number, ended: number];
  readonly violations: readonly string[];
}

/** Warms a freshly started server up and puts the loads on it, one after another, each in a room of its own and checked. */
export async function visit(target: RunningTarget, options: VisitOptions): Promise<Measurement[]> {
  const lanes = await openLanes(target, options);
  try {
    const warmUp = await measure(target, 'steady', contextOf(lanes, 'warm-up', { ...options, seconds: options.warmUpSeconds }));
    const measurements: Measurement[] = [];
    for (const load of options.loads) measurements.push(await measure(target, load, contextOf(lanes, load, options)));
    for (const workerId of new Set(lanes.map((lane) => lane.workerId))) await lanes[0]?.api.dismiss(workerId);
    return measurements.map((measurement, index) =>
      index === 0
        ? { ...measurement, violations: [...warmUp.violations.map((text) => `Warm-up: ${text}`), ...measurement.violations] }
        : measurement,
    );
  } finally {
    for (const lane of lanes) lane.api.connection.close();
  }
}

async function openLanes(target: RunningTarget, { connections, isWorkerShared }: VisitOptions): Promise<Lane[]> {
  const lanes: Lane[] = [];
  for (let index = 0; index < connections; index += 1) {
    const api = new TaskApi(await HttpConnection.open(target.endpoint.origin), target.endpoint);
    const shared = isWorkerShared ? lanes[0]?.workerId : undefined;
    lanes.push({ api, workerId: shared ?? (await api.register()) });
  }
  return lanes;
}

function contextOf(lanes: readonly Lane[], roomId: string, options: VisitOptions): LoadContext {
  const { seconds, backlogSize, batchSize } = options;
  return { lanes, roomId, seconds, backlogSize, batchSize, ledger: new HandOutLedger(), latencies: new Latencies() };
}

async function measure(target: RunningTarget, load: LoadName, context: LoadContext): Promise<Measurement> {
  const before = readCpu(target.server);
  const outcome = await LOADS[load](context);
  const after = readCpu(target.server);
  const latencies = context.latencies.summary();
  await drain(context);
  return {
    ...outcome,
    target: target.name,
    load,
    connections: context.lanes.length,
    lifecyclesPerSecond: outcome.lifecycles / outcome.elapsedSeconds,
    latencies,
    serverBusy:
      before.serverSeconds === null || after.serverSeconds === null
        ? null
        : (after.serverSeconds - before.serverSeconds) / outcome.elapsedSeconds,
    clientBusy: (after.clientSeconds - before.clientSeconds) / outcome.elapsedSeconds,
    windowMicroseconds: [before.atMicroseconds, after.atMicroseconds],
    violations: [...context.ledger.violations(), ...(await countMismatches(context))],
  };
}

/** Compares what the server says about the room with what was submitted to it. */
async function countMismatches({ lanes, roomId, ledger }: LoadContext): Promise<string[]> {
  const api = lanes[0]?.api;
  if (!api) return ['There was no connection to ask for the totals.'];
  const submitted = ledger.submittedCount;
  const totals = { all: await api.countTasks(roomId), completed: await api.countTasks(roomId, 'completed') };
  return Object.entries(totals)
    .filter(([, total]) => total !== submitted)
    .map(([name, total]) => `Room ${roomId}: ${submitted} tasks were submitted, but the total of ${name} tasks is ${total}.`);
}

function readCpu(server: ServerProcess): { serverSeconds: number | null; clientSeconds: number; atMicroseconds: number } {
  const { user, system } = process.cpuUsage();
  return {
    serverSeconds: server.cpuSeconds(),
    clientSeconds: (user + system) / 1e6,
    atMicroseconds: Number(process.hrtime.bigint() / 1000n),
  };
}
