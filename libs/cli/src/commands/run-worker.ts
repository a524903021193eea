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
import { exportedWork } from '../worker/exported-work.js';
import type { ExportedWork } from '../worker/exported-work.js';
import { loadModule } from '../worker/load-module.js';

/** `joblib run-worker <module>` */
export const RUN_WORKER = defineCommand({
  name: 'run-worker',
  summary: 'serve the jobs and providers of a module',
  explanation: [
    'Serves every extension and provider that a module exports, until Ctrl+C. JavaScript or TypeScript; types are not checked. A whole',
    'module:',
    '',
    "  import { readdir } from 'node:fs/promises';",
    "  import { defineExtension, defineProvider } from '@joblib/client';",
    '',
    '  export const Scale = defineExtension({',
    "    name: 'Scale',",
    "    schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },",
    '    run: ({ payload }) => payload.n * 2,',
    '  });',
    '',
    '  class Folder {',
    "    static readonly category = 'files';",
    '    read(folder: string) { return readdir(folder); }',
    '  }',
    "  export const shared = defineProvider({ provider: Folder, name: 'shared', handler: './shared' });",
    '',
    'A provider may name a room of its own. A class whose read() asks for no handler can be exported by itself: its name is the',
    "provider's.",
    '',
    'Ctrl+C: no new task is claimed, what is running is finished. The second Ctrl+C ends at once; what was running fails.',
    'Serving @global, where every room may use a job, takes the token of a superuser.',
  ].join('\n'),
  parameters: { module: { help: 'a file, e.g. worker.ts' } },
  options: {
    room: { value: '<room>', help: `where its jobs and providers are registered (${GLOBAL_ROOM})` },
    concurrency: { value: '<n>', help: 'tasks that run at a time (1)' },
    drain: { value: '<seconds>', help: 'how long running tasks and reads may go on after Ctrl+C (10)' },
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
    const work = exportedWork(await loadModule(args.module, context.folder), args.module, room);
    // From now on: a Ctrl+C while it registers takes its leave, too.
    const leaving = manager.wait();
    const release = onEndSignals(() => {
      release(); // the next one has its usual effect
      say('Finishing what is running; Ctrl+C again ends at once.');
    });
    try {
      await register(manager, work, room, context);
      await context.err.line(`Worker ${manager.workerId} is ready; Ctrl+C ends it.`);
      // Without jobs there is nothing to claim: reads come by the socket.
      return exitCodeAfter(work.extensions.length === 0 ? await leaving : (await Promise.all([manager.serve(), leaving]))[0]);
    } catch (error) {
      if (error instanceof ManagerStoppedError && error.reason.kind === 'disconnected') return EXIT.done;
      throw error;
    } finally {
      release();
      await manager.disconnect();
    }
  },
});

async function register(
  manager: JobManager,
  { extensions, providers }: ExportedWork,
  room: string,
  context: CommandContext,
): Promise<void> {
  const tell = (kind: 'job' | 'provider', fullName: string): Promise<void> =>
    context.out.line(context.json ? jsonLine({ [kind]: fullName, worker: manager.workerId }) : plainText(`Serving ${fullName}`));
  for (const extension of extensions) await tell('job', (await manager.register(extension, { room, context: undefined })).full_name);
  for (const { provider, ...how } of providers) await tell('provider', (await manager.registerProvider(provider, how)).full_name);
}

function exitCodeAfter(reason: StopReason): number {
  if (reason.kind === 'registration-lost') throw new CommandFailure(`The server took this worker away: ${errorLine(reason.error)}`);
  if (reason.kind === 'unreachable') throw new CommandFailure(`The server was away for too long: ${errorLine(reason.error)}`);
  return EXIT.done;
}
