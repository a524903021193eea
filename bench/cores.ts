import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** Which core each side gets, or null when this machine cannot keep them apart. */
export interface CoreAssignment {
  readonly server: number;
  readonly client: number;
}

/** Moves this process onto one core and names another one for servers; null without `taskset` or a second core. */
export function separateCores(): CoreAssignment | null {
  const current = spawnSync('taskset', ['-p', '-c', String(process.pid)], { encoding: 'utf8' });
  if (current.status !== 0) return null;
  const [server, client] = parseCoreList(current.stdout.split(':').at(-1) ?? '');
  if (server === undefined || client === undefined) return null;
  const moved = spawnSync('taskset', ['-a', '-p', '-c', String(client), String(process.pid)]);
  return moved.status === 0 ? { server, client } : null;
}

/** `"0-2,5"` → `[0, 1, 2, 5]` */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** One line about the machine; read it before the core was assigned, or it counts one core only. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `node ${process.version} · ${model} · ${availableParallelism()} cores · ${memoryGiB} GiB · ${process.platform} ${release()}`;
}
