/** An excerpt of what the Engine API (1.26 and newer) describes of the calls that we make: parameters, fields, answers. */
export interface Operation {
  readonly method: string;
  readonly path: RegExp;
  readonly query: readonly string[];
  /** Of the answer when it went well. */
  readonly status: number;
  readonly hasBody: boolean;
}

export const OPERATIONS = {
  ContainerList: { method: 'GET', path: /^\/containers\/json$/, query: ['all', 'limit', 'size', 'filters'], status: 200, hasBody: false },
  ContainerCreate: { method: 'POST', path: /^\/containers\/create$/, query: ['name', 'platform'], status: 201, hasBody: true },
  ContainerInspect: { method: 'GET', path: /^\/containers\/([^/]+)\/json$/, query: ['size'], status: 200, hasBody: false },
  ContainerLogs: {
    method: 'GET',
    path: /^\/containers\/([^/]+)\/logs$/,
    query: ['follow', 'stdout', 'stderr', 'since', 'until', 'timestamps', 'tail'],
    status: 200,
    hasBody: false,
  },
  ContainerStart: { method: 'POST', path: /^\/containers\/([^/]+)\/start$/, query: ['detachKeys'], status: 204, hasBody: false },
  ContainerStop: { method: 'POST', path: /^\/containers\/([^/]+)\/stop$/, query: ['signal', 't'], status: 204, hasBody: false },
  ContainerWait: { method: 'POST', path: /^\/containers\/([^/]+)\/wait$/, query: ['condition'], status: 200, hasBody: false },
  ContainerDelete: { method: 'DELETE', path: /^\/containers\/([^/]+)$/, query: ['v', 'force', 'link'], status: 204, hasBody: false },
  ImageCreate: {
    method: 'POST',
    path: /^\/images\/create$/,
    query: ['fromImage', 'fromSrc', 'repo', 'tag', 'message', 'changes', 'platform'],
    status: 200,
    hasBody: false,
  },
  ImageInspect: { method: 'GET', path: /^\/images\/(.+)\/json$/, query: ['manifests', 'platform'], status: 200, hasBody: false },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

/** Fields of `ContainerConfig`, of `HostConfig`, of a mount and of a port binding that exist, with the form of each that we use. */
export const CREATE_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  Image: isText,
  Cmd: isListOf(isText),
  Env: isListOf((value) => isText(value) && /^[^=]+=/.test(value as string)),
  Labels: isMapOf(isText),
  ExposedPorts: (value) => isMapOf((port) => Object.keys(port as object).length === 0)(value) && Object.keys(value as object).every(isPort),
  HostConfig: isShape({
    PortBindings: (value) =>
      isMapOf(isListOf(isShape({ HostIp: isText, HostPort: (port) => isText(port) && /^\d+$/.test(port as string) })))(value) &&
      Object.keys(value as object).every(isPort),
    Mounts: isListOf(
      isShape({
        Type: (value) => ['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'].includes(value as string),
        Source: isText,
        Target: isText,
        ReadOnly: (value) => typeof value === 'boolean',
      }),
    ),
    Memory: (value) => Number.isSafeInteger(value),
  }),
};

/** Which operation a request is. @throws Error when there is none, or a parameter is none of its own. */
export function operationOf(method: string, address: string): { name: OperationName; id: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(address, 'http://engine');
  for (const [name, operation] of Object.entries(OPERATIONS) as [OperationName, Operation][]) {
    const match = operation.method === method ? operation.path.exec(pathname) : null;
    if (match === null) continue;
    const unknown = [...searchParams.keys()].filter((key) => !operation.query.includes(key));
    if (unknown.length > 0) throw new Error(`${name} has no parameter ${unknown.join(', ')}.`);
    return { name, id: decodeURIComponent(match[1] ?? ''), query: searchParams };
  }
  throw new Error(`The engine has no ${method} ${pathname}.`);
}

/** What is wrong with a body of `ContainerCreate`: names of fields. */
export function unknownFields(body: object): string[] {
  return Object.entries(body).flatMap(([key, value]) => (CREATE_FIELDS[key]?.(value) === true ? [] : [key]));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isPort(key: string): boolean {
  return /^\d+\/(tcp|udp|sctp)$/.test(key);
}

function isListOf(isItem: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(isItem);
}

function isMapOf(isValue: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => typeof value === 'object' && value !== null && Object.values(value).every(isValue);
}

function isShape(fields: Readonly<Record<string, (value: unknown) => boolean>>): (value: unknown) => boolean {
  return (value) =>
    typeof value === 'object' && value !== null && Object.entries(value).every(([key, item]) => fields[key]?.(item) === true);
}
