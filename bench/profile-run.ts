import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { summarizeProfile, type CpuProfile, type ProfileSummary } from './cpu-profile.js';
import type { BenchOptions } from './options.js';
import { table } from './report.js';
import { START_TARGET, type TargetName } from './targets.js';
import { visit } from './visit.js';

const SHOWN_FUNCTIONS = 30;

/**
 * Puts the steady load on one server that runs with `--cpu-prof` and prints what its main thread did during that load (start and warm-up left out).
 * Resolves to the violations found on the way.
 * @throws Error when the server did not end by itself: then it wrote no profile
 */
export async function profile(
  name: TargetName,
  connections: number,
  options: BenchOptions,
  directory: string,
  core: number | null,
): Promise<readonly string[]> {
  const ownDirectory = resolve(directory, `${name}-${connections}-${process.pid}`);
  await mkdir(ownDirectory, { recursive: true });
  const target = await START_TARGET[name]({
    core,
    nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${ownDirectory}`],
    postgresUrl: options.postgresUrl,
  });
  const [measurement] = await visit(target, { ...options, connections, loads: ['steady'] }).finally(() => target.dispose());
  if (!measurement) throw new Error('Nothing was measured.');
  const path = await mainThreadProfile(ownDirectory);
  const recorded = JSON.parse(await readFile(path, 'utf8')) as CpuProfile;
  const summary = summarizeProfile(recorded, ...measurement.windowMicroseconds);
  console.log(
    `\n${name}, steady, ${connections} connections: ${Math.round(measurement.lifecyclesPerSecond)} lifecycles/s while profiled\n${path}\n`,
  );
  console.log(renderProfile(summary, measurement.lifecycles));
  return measurement.violations;
}

/** Node names profiles `CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile`; the main thread is 0. */
async function mainThreadProfile(directory: string): Promise<string> {
  const names = await readdir(directory);
  const name = names.find((candidate) => /\.0\.\d+\.cpuprofile$/.test(candidate));
  if (name === undefined) throw new Error(`No profile of the main thread in ${directory}: the server did not end by itself on SIGTERM.`);
  return join(directory, name);
}

function renderProfile({ busyMilliseconds, idleMilliseconds, groups, functions }: ProfileSummary, lifecycles: number): string {
  const share = (milliseconds: number): string => `${((100 * milliseconds) / busyMilliseconds).toFixed(1)} %`;
  const perLifecycle = (milliseconds: number): string => `${((1000 * milliseconds) / lifecycles).toFixed(1)}`;
  const idle = (100 * idleMilliseconds) / (busyMilliseconds + idleMilliseconds);
  return [
    `main thread: ${idle.toFixed(1)} % idle; the rest, as self time`,
    table([
      ['share', 'µs per lifecycle', 'group'],
      ...groups.map(({ group, milliseconds }) => [share(milliseconds), perLifecycle(milliseconds), group]),
    ]),
    table([
      ['share', 'function', 'group', 'place'],
      ...functions
        .slice(0, SHOWN_FUNCTIONS)
        .map(({ functionName, group, place, milliseconds }) => [share(milliseconds), functionName, group, place]),
    ]),
  ].join('\n\n');
}
