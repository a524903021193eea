import { groupBy } from './group-by.js';

/** The part of a V8 CPU profile that is read here; times are monotonic, in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface SelfTime {
  readonly group: string;
  readonly functionName: string;
  /** `package/file.js:12`, empty for code that is no JavaScript. */
  readonly place: string;
  readonly milliseconds: number;
}

export interface ProfileSummary {
  readonly busyMilliseconds: number;
  readonly idleMilliseconds: number;
  /** Self time by group, most first. */
  readonly groups: readonly { readonly group: string; readonly milliseconds: number }[];
  /** Self time by function, most first. */
  readonly functions: readonly SelfTime[];
}

const IDLE = '(idle)';
const ENGINE_STATES: Record<string, string> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code outside JavaScript',
};

/** A family of packages that together are one thing to a reader; the first match counts. */
const FAMILIES: readonly (readonly [pattern: RegExp, group: string])[] = [
  [
    /^(fastify|@fastify\/.*|find-my-way|avvio|light-my-request|fast-json-stringify|fast-querystring|secure-json-parse|reusify|fastq|toad-cache|rfdc|abstract-logging)$/,
    'fastify',
  ],
  [/^(@nestjs\/.*|rxjs|reflect-metadata|class-validator|class-transformer)$/, 'nest'],
  [/^(passport.*|jsonwebtoken|jws|jwa|jose|jwks-rsa)$/, 'tokens'],
  [/^typeorm$/, 'typeorm'],
  [/^(@photostructure\/sqlite|better-sqlite3|libsql)$/, 'sqlite driver'],
  [/^(socket\.io.*|engine\.io.*|@socket\.io\/.*|ws)$/, 'socket.io'],
];

/** Self times within `[fromMicroseconds, toMicroseconds]`, by function and by group of packages. */
export function summarizeProfile(profile: CpuProfile, fromMicroseconds = -Infinity, toMicroseconds = Infinity): ProfileSummary {
  const owners = attribute(profile.nodes);
  const byFunction = new Map<string, SelfTime & { milliseconds: number }>();
  let idleMilliseconds = 0;
  for (const [nodeId, milliseconds] of selfMilliseconds(profile, fromMicroseconds, toMicroseconds)) {
    const owner = owners.get(nodeId);
    if (!owner) continue;
    if (owner.functionName === IDLE) {
      idleMilliseconds += milliseconds;
      continue;
    }
    const key = `${owner.group}\n${owner.functionName}\n${owner.place}`;
    const present = byFunction.get(key);
    if (present) present.milliseconds += milliseconds;
    else byFunction.set(key, { ...owner, milliseconds });
  }
  const functions = [...byFunction.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  const groups = [...groupBy(functions, ({ group }) => group)]
    .map(([group, members]) => ({ group, milliseconds: sum(members) }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
  return { busyMilliseconds: sum(functions), idleMilliseconds, groups, functions };
}

/** The name of the group that a script's address belongs to, for example `fastify`, `@joblib/nestjs` or `node internals`. */
export function groupOf(url: string): string {
  if (url.startsWith('node:')) return 'node internals';
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (installed !== undefined) return FAMILIES.find(([pattern]) => pattern.test(installed))?.[1] ?? installed;
  if (url.includes('/bench/dist/')) return 'the peer';
  const library = /\/libs\/([^/]+)\/dist\//.exec(url)?.[1];
  return library === undefined ? 'the service (src)' : `@joblib/${library}`;
}

function selfMilliseconds({ startTime, samples, timeDeltas }: CpuProfile, from: number, to: number): Map<number, number> {
  const self = new Map<number, number>();
  let at = startTime;
  samples.forEach((nodeId, index) => {
    at += timeDeltas[index] ?? 0;
    // A sample stands for the time until the next one.
    const lasted = Math.max(0, timeDeltas[index + 1] ?? 0);
    if (at >= from && at <= to) self.set(nodeId, (self.get(nodeId) ?? 0) + lasted / 1000);
  });
  return self;
}

type Owner = Omit<SelfTime, 'milliseconds'>;

/** Native functions have no address: they count as `native, called by <the group that called them>`. */
function attribute(nodes: readonly ProfileNode[]): Map<number, Owner> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, Owner>();
  const visit = (node: ProfileNode, caller: string): void => {
    const owner = ownerOf(node, caller);
    owners.set(node.id, owner);
    const next = node.callFrame.url === '' ? caller : owner.group;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child) visit(child, next);
    }
  };
  const isChild = new Set(nodes.flatMap((node) => node.children ?? []));
  for (const node of nodes) if (!isChild.has(node.id)) visit(node, 'the event loop');
  return owners;
}

function ownerOf({ callFrame }: ProfileNode, caller: string): Owner {
  const functionName = callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
  if (callFrame.url !== '') return { group: groupOf(callFrame.url), functionName, place: placeOf(callFrame) };
  return { group: ENGINE_STATES[functionName] ?? `native, called by ${caller}`, functionName, place: '' };
}

function placeOf({ url, lineNumber }: ProfileNode['callFrame']): string {
  const path = url.split('/node_modules/').at(-1) ?? url;
  return `${path.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
}

function sum(times: readonly { readonly milliseconds: number }[]): number {
  return times.reduce((total, { milliseconds }) => total + milliseconds, 0);
}
