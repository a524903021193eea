/** `npm run bench:plugins`: what six plugins cost the lifecycle of plain tasks, as ratios of a server without plugins in the same run. */
import { describeMachine, separateCores } from './cores.js';
import { median } from './latencies.js';
import { parsePluginsOptions, PLUGINS_HELP } from './plugins-options.js';
import { measurePlugins, type PluginsKind, type PluginsMeasurement } from './plugins-turn.js';
import { table } from './report.js';

const NONE: PluginsKind = { title: 'no plugins', accepts: null, callsPlugins: false, isAwaited: false };

const KINDS: readonly PluginsKind[] = [
  NONE,
  { title: 'six accept reports', accepts: 'reports', callsPlugins: true, isAwaited: false },
  { title: 'six accept tasks: put out only', accepts: null, callsPlugins: false, isAwaited: true },
  { title: 'six accept tasks: handed out, not called', accepts: 'tasks', callsPlugins: false, isAwaited: false },
  { title: 'six accept tasks: delivered', accepts: 'tasks', callsPlugins: true, isAwaited: false },
];

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(PLUGINS_HELP);
    return 0;
  }
  const options = parsePluginsOptions(args);
  const machine = describeMachine();
  const cores = separateCores();
  console.log(
    `${machine}\n${cores === null ? 'server and client share cores' : `server on core ${cores.server}, client on core ${cores.client}`}`,
  );
  const measured = new Map(KINDS.map((kind) => [kind, [] as PluginsMeasurement[]]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [kind, measurements] of measured) {
      const measurement = await measurePlugins(kind, options, cores?.server ?? null);
      measurements.push(measurement);
      console.log(`round ${round}/${options.rounds}, ${kind.title}: ${Math.round(measurement.lifecyclesPerSecond)} lifecycles/s`);
    }
  }
  console.log(`\n${report(measured)}`);
  const violations = [...measured].flatMap(([{ title }, all]) => all.flatMap((one) => one.violations.map((text) => `${title}: ${text}`)));
  if (violations.length === 0) return 0;
  console.error(`\nWRONG:\n${violations.join('\n')}`);
  return 1;
}

function report(measured: ReadonlyMap<PluginsKind, readonly PluginsMeasurement[]>): string {
  const rateOf = (kind: PluginsKind): number => median((measured.get(kind) ?? []).map((one) => one.lifecyclesPerSecond));
  const costOf = (kind: PluginsKind): number => median((measured.get(kind) ?? []).map((one) => one.cpuMsPerLifecycle ?? Number.NaN));
  const header = [
    'plugins',
    'lifecycles/s',
    'lowest–highest',
    'of no plugins',
    'server CPU ms each',
    'of no plugins',
    'delivered/s',
    'left at the end',
  ];
  const rows = [...measured].map(([kind, all]) => {
    const rates = all.map((one) => one.lifecyclesPerSecond);
    return [
      kind.title,
      count(rateOf(kind)),
      `${count(Math.min(...rates))}–${count(Math.max(...rates))}`,
      (rateOf(kind) / rateOf(NONE)).toFixed(2),
      costOf(kind).toFixed(2),
      (costOf(kind) / costOf(NONE)).toFixed(2),
      count(median(all.map((one) => one.deliveredPerSecond))),
      count(median(all.map((one) => one.deliveriesLeft))),
    ];
  });
  return table([header, ...rows]);
}

function count(value: number): string {
  return String(Math.round(value));
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
