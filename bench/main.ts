import { writeFile } from 'node:fs/promises';
import { measureClientCeiling, type ClientCeiling } from './client-ceiling.js';
import { describeMachine, separateCores, type CoreAssignment } from './cores.js';
import { HELP, parseOptions, type BenchOptions } from './options.js';
import { profile } from './profile-run.js';
import { renderReport } from './report.js';
import { compare } from './summary.js';
import { START_TARGET, startCannedResponder, type TargetName } from './targets.js';
import { visit, type Measurement } from './visit.js';

type RoundMeasurement = Measurement & { readonly round: number };

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.wantsHelp) {
    console.log(HELP);
    return 0;
  }
  const machine = describeMachine();
  const cores = separateCores();
  console.log(machine);
  console.log(
    cores
      ? `server on core ${cores.server}, client on core ${cores.client}`
      : 'server and client are NOT kept on cores of their own (no taskset, or one core)',
  );
  const violations =
    options.profileDirectory === null
      ? await runComparison(options, machine, cores)
      : await runProfiles(options, options.profileDirectory, cores);
  if (violations.length === 0) {
    console.log('\nchecked: every task was handed out once, in order, and completed');
    return 0;
  }
  console.error(`\nWRONG:\n${violations.join('\n')}`);
  return 1;
}

async function runComparison(options: BenchOptions, machine: string, cores: CoreAssignment | null): Promise<readonly string[]> {
  const ceilings = await measureCeilings(options, cores);
  const measurements: RoundMeasurement[] = [];
  for (const connections of options.connections) {
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const name of options.targets) {
        const visited = await visitOnce(name, connections, options, cores);
        for (const measurement of visited) {
          measurements.push({ ...measurement, round });
          const rate = Math.round(measurement.lifecyclesPerSecond);
          console.log(`round ${round}/${options.rounds}, ${connections} connections, ${name}, ${measurement.load}: ${rate} lifecycles/s`);
        }
      }
    }
  }
  const comparisons = compare(measurements);
  console.log(`\n${renderReport(comparisons, ceilings)}`);
  if (options.jsonPath !== null)
    await writeFile(options.jsonPath, `${JSON.stringify({ machine, cores, options, ceilings, comparisons, measurements }, null, 2)}\n`);
  return measurements.flatMap(({ target, load, connections, round, violations }) =>
    violations.map((text) => `${target}, ${load}, ${connections} connections, round ${round}: ${text}`),
  );
}

/** A server of its own for every turn, so that no turn inherits another's memory or tasks. */
async function visitOnce(
  name: TargetName,
  connections: number,
  options: BenchOptions,
  cores: CoreAssignment | null,
): Promise<Measurement[]> {
  // The peer has no batch routes.
  const loads = name === 'ours' ? options.loads : options.loads.filter((load) => load !== 'batched');
  const target = await START_TARGET[name]({ core: cores?.server ?? null, nodeFlags: [], postgresUrl: options.postgresUrl });
  try {
    return await visit(target, { ...options, connections, loads });
  } catch (error) {
    throw new Error(`${name}, ${connections} connections. The server's last words:\n${target.server.recentOutput}`, { cause: error });
  } finally {
    if (!(await target.dispose())) console.error(`${name} did not end by itself with exit code 0.`);
  }
}

async function measureCeilings(options: BenchOptions, cores: CoreAssignment | null): Promise<ClientCeiling[]> {
  const server = await startCannedResponder(cores?.server ?? null);
  try {
    const ceilings: ClientCeiling[] = [];
    for (const connections of options.connections)
      ceilings.push(await measureClientCeiling(server, connections, Math.min(options.seconds, 4)));
    return ceilings;
  } finally {
    await server.stop();
  }
}

async function runProfiles(options: BenchOptions, directory: string, cores: CoreAssignment | null): Promise<readonly string[]> {
  const name = options.targets.length === 1 ? (options.targets[0] ?? 'ours') : 'ours';
  const violations: string[] = [];
  for (const connections of options.connections)
    violations.push(...(await profile(name, connections, options, directory, cores?.server ?? null)));
  return violations;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
