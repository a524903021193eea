import { jest } from '@jest/globals';
import { JobManager, defineExtension } from '@joblib/client';
import type { JobManagerOptions } from '@joblib/client';
import { FakeClock, FakeServer } from '@joblib/client/testing';

/** What the client says, by level. */
export class Log {
  readonly lines: string[] = [];
  info = (message: string): void => void this.lines.push(`info ${message}`);
  warn = (message: string): void => void this.lines.push(`warn ${message}`);
  error = (message: string): void => void this.lines.push(`error ${message}`);
}

/** A fake server and a manager on one clock that only the test moves. */
export interface Scene {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  readonly manager: JobManager;
  readonly log: Log;
}

const scenes: Scene[] = [];

export function aScene(options: Partial<JobManagerOptions> = {}): Scene {
  const clock = new FakeClock();
  const server = new FakeServer({ clock });
  const log = new Log();
  const manager = new JobManager({ ...server.connection(), logger: log, ...options });
  const scene = { clock, server, manager, log };
  scenes.push(scene);
  return scene;
}

/** Ends whatever a test left running. */
export async function clearScenes(): Promise<void> {
  for (const { manager, clock } of scenes.splice(0)) {
    const left = manager.disconnect();
    await clock.advance(60);
    await left;
  }
  jest.restoreAllMocks();
}

/** Doubles `n`, and remembers nothing. */
export const Double = defineExtension({
  name: 'Double',
  schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  run: ({ payload }) => ({ doubled: payload.n * 2 }),
});

export const DOUBLE = '@global:modifiers:Double';

/** A promise with its ends in hand. */
export interface Gate<T> {
  readonly promise: Promise<T>;
  open(value: T): void;
}

export function aGate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
}

/** What a promise is refused with. @throws when it is not. */
export function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => Promise.reject(new Error(`It was not refused, but answered ${JSON.stringify(value)}.`)),
    (error: unknown) => error,
  );
}

const WAIT = '@global:modifiers:Wait';

/** A scene whose worker is in the middle of a task, until the gate opens. */
export async function aWorkingScene(options: Partial<JobManagerOptions> = {}) {
  const scene = aScene(options);
  const gate = aGate();
  const running = aGate<AbortSignal>();
  const Wait = defineExtension({
    name: 'Wait',
    async run({ signal }) {
      running.open(signal);
      await gate.promise;
      return 'done';
    },
  });
  await scene.manager.register(Wait);
  const served = scene.manager.serve();
  const { id } = scene.server.submit('lab', WAIT);
  const signal = await running.promise;
  return { ...scene, id, gate, signal, served };
}
