import { ManagerStoppedError } from '@joblib/client';
import type { JobManager, StopReason } from '@joblib/client';
import { GLOBAL_ROOM, INTERNAL_ROOM } from '@joblib/contract';

import type { CommandContext } from '../args/command-context.js';
import { defineCommand } from '../args/command.js';
import { roomId, wholeNumber } from '../args/values.js';
import { CommandFailure, EXIT, UsageError, errorLine } from '../errors.js';
import { onEndSignals } from '../interrupts.js';
import { jsonLine } from '../screen/json-text.js';
import { plainText } from '../screen/plain-text.js';
import { exportedExtensions } from '../worker/exported-extensions.js';
import { loadModule } from '../worker/load-module.js';

/** `joblib run-worker <module>` */
export const RUN_WORKER = defineCommand({
  name: 'run-worker',
  summary: 'serve the jobs of a module',
  explanation: [
    'Serves every extension that a module exports, until Ctrl+C. JavaScript or TypeScript; types are not checked. A whole module:',
    '',
    "  import { defineExtension } from '@joblib/client';",
    '',
    '  export const Scale = defineExtension({',
    "    name: 'Scale',",
    "    schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },",
    '    run: ({ payload }) => payload.n * 2,',
    '  });',
    '',
    'Ctrl+C: no new task is claimed, what is running is finished. The second Ctrl+C ends at once; what was running fails.',
    'Serving @global, where every room may use a job, takes the token of a superuser.',
  ].join('\n'),
  parameters: { module: { help: 'a file, e.g. worker.ts' } },
  options: {
    room: { value: '<room>', help: `where its jobs are registered (${GLOBAL_ROOM})` },
    concurrency: { value: '<n>', help: 'tasks that run at a time (1)' },
    drain: { value: '<seconds>', help: 'how long running tasks may go on after Ctrl+C (10)' },
  },
  examples: [
    ['joblib run-worker worker.ts --room lab', 'for one room'],
    ['joblib run-worker dist/worker.js --concurrency 4', 'for every room, four tasks at a time'],
  ],
  needsServer: true,
  run: async ({ args, options }, context) => {
    const room = roomId(options.room ?? GLOBAL_ROOM);
    if (room === INTERNAL_ROOM)
      throw new UsageError(`The servers run the jobs of ${INTERNAL_ROOM} themselves; no worker gets their tasks.`);
    const concurrency = wholeNumber('concurrency', options.concurrency ?? '1', 1);
    const drainSeconds = wholeNumber('drain', options.drain ?? '10', 0);
    const say = (message: string): void => void context.err.line(plainText(message));
    const manager = await context.connect({
      concurrency,
      drainSeconds,
      // Undefined: a socket of its own, and tries like those of any worker.
      socket: undefined,
      maxStartupRetries: undefined,
      logger: { info: () => undefined, warn: say, error: say },
    });
    const extensions = exportedExtensions(await loadModule(args.module, context.folder), args.module);
    // From now on: a Ctrl+C while it registers takes its leave, too.
    const leaving = manager.wait();
    const release = onEndSignals(() => {
      release(); // the next one has its usual effect
      say('Finishing what is running; Ctrl+C again ends at once.');
    });
    try {
      for (const extension of extensions) {
        const job = await manager.register(extension, { room, context: undefined });
        await context.out.line(
          context.json ? jsonLine({ job: job.full_name, worker: job.worker_id }) : plainText(`Serving ${job.full_name}`),
        );
      }
      return await served(manager, leaving, context);
    } catch (error) {
      if (error instanceof ManagerStoppedError && error.reason.kind === 'disconnected') return EXIT.done;
      throw error;
    } finally {
      release();
      await manager.disconnect();
    }
  },
});

async function served(manager: JobManager, leaving: Promise<StopReason>, { err }: CommandContext): Promise<number> {
  await err.line(`Worker ${manager.workerId} is ready; Ctrl+C ends it.`);
  const [reason] = await Promise.all([manager.serve(), leaving]);
  if (reason.kind === 'registration-lost') throw new CommandFailure(`The server took this worker away: ${errorLine(reason.error)}`);
  if (reason.kind === 'unreachable') throw new CommandFailure(`The server was away for too long: ${errorLine(reason.error)}`);
  return EXIT.done;
}
