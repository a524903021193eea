/**
 * A worker for `@global:modifiers:Rotate`.
 *
 *     JOBLIB_URL=http://127.0.0.1:8000 JOBLIB_TOKEN=… node rotate-worker.js <workspace folder>
 */
import { JobManager, extensionWithContext } from '@joblib/client';
import type { StopReason } from '@joblib/client';
import { ROTATE_JOB, ROTATE_SCHEMA, readOrder, rotateFile } from './rotate-job.js';
import type { RotateResult } from './rotate-job.js';
import { Workspace } from './workspace.js';

const Rotate = extensionWithContext<Workspace>()({
  category: ROTATE_JOB.category,
  name: ROTATE_JOB.name,
  schema: ROTATE_SCHEMA,
  async run({ payload, task, context: workspace, signal, progress }): Promise<RotateResult> {
    const result = await rotateFile(readOrder(payload), { workspace, signal, report: progress });
    log(`${task.id} wrote ${result.output}`);
    return result;
  },
});

function log(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<StopReason> {
  const { JOBLIB_URL: url = 'http://127.0.0.1:8000', JOBLIB_TOKEN: token } = process.env;
  const [folder] = process.argv.slice(2);
  if (token === undefined || folder === undefined)
    throw new Error('usage: JOBLIB_URL=… JOBLIB_TOKEN=… node rotate-worker.js <workspace folder>');
  await using manager = new JobManager({ url, token, drainSeconds: 0 });
  process.once('SIGHUP', () => void manager.disconnect());
  const job = await manager.register(Rotate, { room: ROTATE_JOB.roomId, context: await Workspace.open(folder) });
  log(`registered ${job.full_name} as worker ${job.worker_id}`);
  const [reason] = await Promise.all([manager.serve(), manager.wait()]);
  return reason;
}

try {
  const reason = await main();
  log(`left: ${reason.kind}`);
  process.exitCode = reason.kind === 'disconnected' ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
