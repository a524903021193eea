/** `npm run bench:cluster`: lifecycles per second of one, two and three servers on one PostgreSQL, and what a wake-up between servers costs. */
import { parseClusterOptions, type ClusterOptions } from './cluster-options.js';
import { startCluster } from './cluster-servers.js';
import { describeMachine } from './cores.js';
import { HandOutLedger } from './hand-out-checker.js';
import { formatRequest, HttpConnection, requestHead } from './http-connection.js';
import { Latencies } from './latencies.js';
import { drain, LOADS, type Lane, type LoadContext } from './loads.js';
import { TaskApi, type Endpoint } from './task-api.js';

const WARM_UP_SECONDS = 1;

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

async function main(): Promise<number> {
  const options = parseClusterOptions(process.argv.slice(2));
  console.log(`${describeMachine()}; all programs share its cores\n`);
  const violations: string[] = [];
  for (const count of options.servers) violations.push(...(await measureThroughput(count, options)));
  await measureWakeUps(options);
  if (violations.length === 0) return 0;
  console.error(`\nWRONG:\n${violations.join('\n')}`);
  return 1;
}

/** The connections are dealt out to the servers; what one submits any may get. */
async function measureThroughput(count: number, { postgresUrl, redisUrl, connections, seconds }: ClusterOptions): Promise<string[]> {
  const cluster = await startCluster(count, postgresUrl, redisUrl);
  try {
    const lanes: Lane[] = [];
    for (let index = 0; index < connections; index += 1) lanes.push(await openLane(cluster.endpoints[index % count]));
    const contextOf = (roomId: string, loadSeconds: number): LoadContext => ({
      lanes,
      roomId,
      seconds: loadSeconds,
      backlogSize: 0,
      batchSize: 1,
      ledger: new HandOutLedger(),
      latencies: new Latencies(),
    });
    const warmUp = contextOf('warm-up', WARM_UP_SECONDS);
    await LOADS.steady(warmUp);
    await drain(warmUp);
    const context = contextOf('steady', seconds);
    const cpuBefore = cluster.servers.map((server) => server.cpuSeconds() ?? 0);
    const { lifecycles, elapsedSeconds } = await LOADS.steady(context);
    const busy = cluster.servers.map((server, index) => ((server.cpuSeconds() ?? 0) - (cpuBefore[index] ?? 0)) / elapsedSeconds);
    await drain(context);
    for (const { api } of lanes) api.connection.close();
    const rate = Math.round(lifecycles / elapsedSeconds);
    const shares = busy.map((share) => `${Math.round(share * 100)} %`).join(', ');
    console.log(`${count} server(s), ${connections} connections: ${rate} lifecycles/s; of a core each server used ${shares}`);
    return [...warmUp.ledger.violations(), ...context.ledger.violations()].map((text) => `${count} server(s): ${text}`);
  } finally {
    await cluster.dispose();
  }
}

async function measureWakeUps({ postgresUrl, redisUrl, wakeUps }: ClusterOptions): Promise<void> {
  const cluster = await startCluster(2, postgresUrl, redisUrl);
  try {
    const [here, there] = cluster.endpoints;
    const same = await medianWakeUp(here, here, wakeUps);
    const other = await medianWakeUp(here, there, wakeUps);
    console.log(`submit to answer of a held claim, median: on the same server ${same} ms, on another ${other} ms`);
  } finally {
    await cluster.dispose();
  }
}

async function medianWakeUp(submitting: Endpoint | undefined, claiming: Endpoint | undefined, count: number): Promise<string> {
  const [submitter, claimer] = [await openLane(submitting), await openLane(claiming)];
  const { host } = new URL(claiming?.origin ?? '');
  const head = requestHead('POST', '/v1/joblib/tasks/claim', host, claiming?.token ?? null).replace('\r\n', '\r\nPrefer: wait=30\r\n');
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = claimer.api.connection.send(formatRequest(head, JSON.stringify({ worker_id: claimer.workerId })));
    // So that it is held, and nothing of the last round is under way any more.
    await new Promise((resolve) => setTimeout(resolve, 10));
    const beganMs = performance.now();
    await submitter.api.submit('wake-ups');
    const { body } = await answer;
    times.push(performance.now() - beganMs);
    const { id } = (JSON.parse(body) as { task: { id: string } }).task;
    await claimer.api.report(id, 'running');
    await claimer.api.report(id, 'completed');
  }
  for (const { api } of [submitter, claimer]) api.connection.close();
  return times.sort((one, next) => one - next)[Math.floor(count / 2)]?.toFixed(1) ?? '';
}

async function openLane(endpoint: Endpoint | undefined): Promise<Lane> {
  if (endpoint === undefined) throw new Error('There is no such server.');
  const api = new TaskApi(await HttpConnection.open(endpoint.origin), endpoint);
  return { api, workerId: await api.register() };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
