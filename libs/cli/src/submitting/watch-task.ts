import type { JobManager, RoomNews } from '@joblib/client';
import { isTerminal } from '@joblib/contract';
import type { TaskView } from '@joblib/contract';

import type { CommandContext } from '../args/command-context.js';
import { errorLine } from '../errors.js';
import { Interrupted, onEndSignals } from '../interrupts.js';
import type { EndSignal } from '../interrupts.js';
import { ProgressLine } from '../screen/progress-line.js';
import { submitOnce, unknownOutcome } from './submit-once.js';
import type { Wish } from './submit-once.js';

/** Somebody at the keyboard, and what a Ctrl+C of theirs means at the moment. */
class Watch {
  task: TaskView | null = null;
  readonly left = new AbortController();
  #isCancelling = false;

  constructor(
    private readonly line: ProgressLine,
    private readonly manager: JobManager,
    private readonly key: string,
    private readonly cancels: boolean,
  ) {}

  /** The first signal cancels, if that is wanted; any other one leaves. */
  async interrupt(signal: EndSignal): Promise<void> {
    const { task } = this;
    if (this.cancels && task !== null && !this.#isCancelling) {
      this.#isCancelling = true;
      await this.line.say(`Cancelling task ${task.id}; again leaves it alone.`);
      return this.#cancel(task.id);
    }
    await this.line.say(task === null ? unknownOutcome(this.key) : `Task ${task.id} goes on: 'joblib cancel ${task.id}' ends it.`);
    this.left.abort(new Interrupted(signal));
  }

  /** A task that has ended meanwhile is what is being waited for anyway. */
  async #cancel(taskId: string): Promise<void> {
    try {
      await this.manager.api.report(taskId, { status: 'cancelled' });
    } catch (error) {
      await this.line.say(`joblib: ${errorLine(error)}`);
    }
  }
}

/**
 * Submits a task, shows how it is getting on, and resolves to it when it has ended.
 * @throws Interrupted when a signal ended the watching.
 */
export async function watchTask(wish: Wish, cancels: boolean, context: CommandContext): Promise<TaskView> {
  const line = new ProgressLine(context.err);
  const say = (text: string): void => void line.say(text);
  const logger = { info: () => undefined, warn: say, error: say };
  // Undefined: a socket of its own, over which the progress comes.
  const manager = await context.connect({ logger, socket: undefined });
  const watch = new Watch(line, manager, wish.key, cancels);
  const release = onEndSignals((signal) => void watch.interrupt(signal));
  try {
    watch.task = await Promise.race([submitOnce(manager, wish), rejectionOf(watch.left.signal)]);
    await line.say(`Task ${watch.task.id}`);
    await line.show({ status: watch.task.status });
    follow(manager, watch, line);
    void sayWhenNobodyServes(manager, wish, watch, line);
    const done = await manager.waitFor(watch.task.id, {
      signal: watch.left.signal,
      onProgress: (progress) => void line.show({ progress }),
    });
    watch.left.signal.throwIfAborted();
    await line.show({ status: done.status, progress: done.progress });
    watch.task = done;
    return done;
  } finally {
    release();
    await manager.disconnect();
    await line.erase();
  }
}

/** Changes of the status come as events of the room; in case of doubt the waiting itself finds the end. */
function follow(manager: JobManager, { task, left }: Watch, line: ProgressLine): void {
  if (task === null || isTerminal(task.status)) return;
  const { id, room_id: room } = task;
  const onNews = ({ name, payload }: RoomNews): void => {
    if (name !== 'task_status_event' || payload.id !== id || isTerminal(payload.status)) return;
    void line.show({ status: payload.status, progress: payload.progress });
  };
  // What happened before the first event would be missed otherwise.
  const onJoined = async (): Promise<void> => {
    const now = await manager.api.getTask(id, { signal: left.signal }).catch(() => null);
    if (now !== null && !isTerminal(now.status)) await line.show(now);
  };
  void manager.follow(room, { onNews, onJoined: () => void onJoined(), signal: left.signal });
}

/** Who waits for a task that nobody will do should know. */
async function sayWhenNobodyServes(manager: JobManager, { room, job }: Wish, { task, left }: Watch, line: ProgressLine): Promise<void> {
  if (task?.status !== 'pending') return;
  const found = await manager.api.getJob(room, job).catch(() => null);
  if (found?.workers.length === 0 && !left.signal.aborted) await line.say(`Nobody serves ${job} at the moment; the task waits.`);
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
