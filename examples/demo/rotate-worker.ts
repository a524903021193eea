/**
 * A worker for `@global:modifiers:Rotate`.
 *
 *     JOBLIB_URL=http://127.0.0.1:8000 JOBLIB_TOKEN=… node rotate-worker.js <workspace folder>
 */
import { setTimeout as pause } from 'node:timers/promises';
import { formatFullName } from '@joblib/contract';
import type { TaskView } from '@joblib/contract';
import { ApiError, JoblibApi } from './api.js';
import { joinJobRoom, standForWorker } from './follow.js';
import type { JoblibSocket } from './follow.js';
import { ROTATE_JOB, ROTATE_SCHEMA, readOrder, rotateFile } from './rotate-job.js';
import { Workspace } from './workspace.js';

const CLAIM_WAIT_SECONDS = 20;
const HEARTBEAT_MS = 15_000; // a worker that is silent for 60 s counts as gone
const RETRY_MS = 1_000;
const FAREWELL_TIMEOUT_MS = 5_000;
const JOB_NAME = formatFullName(ROTATE_JOB);

class RotateWorker {
  private workerId = '';
  private current: { readonly taskId: string; readonly cancellation: AbortController } | null = null;

  constructor(
    private readonly api: JoblibApi,
    private readonly token: string,
    private readonly workspace: Workspace,
    private readonly stop: AbortSignal,
  ) {}

  /** Works until `stop` aborts, then takes its leave. Rejects when the service refuses it for good. */
  async run(): Promise<void> {
    await this.register();
    let socket: JoblibSocket | undefined;
    const heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    try {
      socket = await standForWorker({ url: this.api.url, token: this.token }, JOB_NAME, () => this.workerId, {
        onCancelled: (taskId) => this.cancel(taskId),
        onError: (error) => log(error.message),
      });
      log(`registered ${JOB_NAME} as worker ${this.workerId}`);
      while (!this.stop.aborted) await this.claimAndWork(socket);
    } finally {
      clearInterval(heartbeat);
      await this.leave();
      socket?.disconnect();
    }
  }

  private async register(): Promise<void> {
    const job = await this.api.registerJob({ ...ROTATE_JOB, schema: ROTATE_SCHEMA });
    this.workerId = job.worker_id;
  }

  private async claimAndWork(socket: JoblibSocket): Promise<void> {
    try {
      const task = await this.api.claim(this.workerId, CLAIM_WAIT_SECONDS);
      if (task !== null) await this.work(task);
    } catch (error) {
      if (this.stop.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      log(error.message);
      if (error.status === 404) {
        await this.register(); // away for too long: the service has given this worker up
        await joinJobRoom(socket, JOB_NAME, this.workerId);
      } else if (error.status === 0 || error.status >= 500) {
        await pause(RETRY_MS, undefined, { signal: this.stop });
      } else {
        throw error;
      }
    }
  }

  private async work(task: TaskView): Promise<void> {
    const cancellation = new AbortController();
    this.current = { taskId: task.id, cancellation };
    try {
      await this.api.report(task.id, { status: 'running' });
      const result = await rotateFile(readOrder(task.payload), {
        workspace: this.workspace,
        signal: AbortSignal.any([this.stop, cancellation.signal]),
        report: async (progress) => void (await this.api.report(task.id, { status: 'running', progress })),
      });
      await this.api.report(task.id, { status: 'completed', result });
      log(`${task.id} completed: ${result.output}`);
    } catch (error) {
      if (this.stop.aborted) return;
      if (cancellation.signal.aborted || hasStatus(error, 409)) log(`${task.id} is no longer ours: cancelled`);
      else if (error instanceof ApiError) throw error;
      else await this.fail(task.id, error);
    } finally {
      this.current = null;
    }
  }

  private async fail(taskId: string, reason: unknown): Promise<void> {
    const sentence = reason instanceof Error ? reason.message : String(reason);
    log(`${taskId} failed: ${sentence}`);
    try {
      await this.api.report(taskId, { status: 'failed', error: sentence });
    } catch (error) {
      if (!hasStatus(error, 409)) throw error; // cancelled meanwhile
    }
  }

  private cancel(taskId: string): void {
    if (this.current?.taskId === taskId) this.current.cancellation.abort();
  }

  private async beat(): Promise<void> {
    try {
      await this.api.heartbeat(this.workerId);
    } catch (error) {
      if (!this.stop.aborted) log(`heartbeat: ${String(error)}`);
    }
  }

  private async leave(): Promise<void> {
    try {
      await this.api.deleteWorker(this.workerId, AbortSignal.timeout(FAREWELL_TIMEOUT_MS));
      log('left');
    } catch (error) {
      log(`left without a farewell: ${String(error)}`);
    }
  }
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

function log(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { JOBLIB_URL: url = 'http://127.0.0.1:8000', JOBLIB_TOKEN: token } = process.env;
  const [folder] = process.argv.slice(2);
  if (token === undefined || folder === undefined)
    throw new Error('usage: JOBLIB_URL=… JOBLIB_TOKEN=… node rotate-worker.js <workspace folder>');
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const workspace = await Workspace.open(folder);
  await new RotateWorker(new JoblibApi(url, token, stopping.signal), token, workspace, stopping.signal).run();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
