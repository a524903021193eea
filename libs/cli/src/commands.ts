import type { Command } from './args/command.js';
import { CANCEL } from './commands/cancel.js';
import { JOBS } from './commands/jobs.js';
import { PROVIDERS } from './commands/providers.js';
import { READ } from './commands/read.js';
import { RUN_WORKER } from './commands/run-worker.js';
import { SUBMIT } from './commands/submit.js';
import { TAIL } from './commands/tail.js';
import { TASKS } from './commands/tasks.js';
import { TOKEN } from './commands/token.js';
import { WORKERS } from './commands/workers.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [TOKEN, JOBS, WORKERS, PROVIDERS, TASKS, SUBMIT, TAIL, CANCEL, READ, RUN_WORKER];
