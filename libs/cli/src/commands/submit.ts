import { randomUUID } from 'node:crypto';

import type { TaskView } from '@joblib/contract';

import type { CommandContext } from '../args/command-context.js';
import { defineCommand } from '../args/command.js';
import { fullName, roomId } from '../args/values.js';
import { EXIT, UsageError } from '../errors.js';
import { readPayload } from '../payload/read-payload.js';
import { jsonLine, jsonPretty } from '../screen/json-text.js';
import { plainText } from '../screen/plain-text.js';
import { submitOnce } from '../submitting/submit-once.js';
import { watchTask } from '../submitting/watch-task.js';

/** `joblib submit <room> <job> --payload … --wait` */
export const SUBMIT = defineCommand({
  name: 'submit',
  summary: 'have something done, and wait for it',
  explanation: [
    'Submits a task. Without --wait it prints the id of the task and ends. With --wait it shows how the task is getting on and',
    'prints its result; it ends with 0 when the task is completed, and with 1 when it failed or was cancelled.',
    '',
    'Ctrl+C ends the waiting, not the task. With --cancel-on-interrupt the first Ctrl+C cancels the task, the second one leaves.',
  ].join('\n'),
  parameters: {
    room: { help: 'where it is submitted' },
    job: { help: "full name of the job, as 'joblib jobs' shows it" },
  },
  options: {
    payload: { short: 'p', value: '<json>', help: "what the job is given: JSON, @file, or - for what is piped in ('{}')" },
    wait: { short: 'w', help: 'for its end; prints the result' },
    'cancel-on-interrupt': { help: 'with --wait: Ctrl+C cancels the task' },
    'idempotency-key': { value: '<key>', help: 'the same key again within a day: no second task, but the first one again' },
  },
  examples: [
    [`joblib submit lab @global:modifiers:Rotate --payload '{"angle": 90}' --wait`, 'do it now'],
    ['joblib submit lab lab:modifiers:Scale --payload @numbers.json', 'from a file'],
    ['TASK=$(joblib submit lab lab:modifiers:Scale --payload @numbers.json)', 'in a script'],
  ],
  needsServer: true,
  run: async ({ args, options }, context) => {
    const room = roomId(args.room);
    const job = fullName(args.job, 'job', 'jobs');
    if (options['cancel-on-interrupt'] && !options.wait) throw new UsageError('--cancel-on-interrupt is for --wait.');
    const key = keyOf(options['idempotency-key']);
    const payload = await readPayload(options.payload ?? '{}', context);
    if (!options.wait) {
      const task = await submitOnce(await context.connect(), { room, job, payload, key });
      await context.out.line(context.json ? jsonLine(task) : task.id);
      return EXIT.done;
    }
    const done = await watchTask({ room, job, payload, key }, options['cancel-on-interrupt'], context);
    return tell(done, context);
  },
});

function keyOf(given: string | undefined): string {
  if (given === undefined) return randomUUID();
  if (/^[\u0020-\u007e]{1,255}$/.test(given)) return given;
  throw new UsageError('--idempotency-key has to be 1 to 255 printable ASCII characters.');
}

async function tell(task: TaskView, { out, err, json }: CommandContext): Promise<number> {
  const isDone = task.status === 'completed';
  const exitCode = isDone ? EXIT.done : EXIT.failed;
  // Now: whoever stops reading the result does not change what became of the task.
  process.exitCode = exitCode;
  if (!isDone) await err.line(plainText(`joblib: ${failureOf(task)}`));
  if (json) await out.line(jsonLine(task));
  else if (isDone) await out.line(jsonPretty(task.result));
  return exitCode;
}

function failureOf({ id, status, error }: TaskView): string {
  const reason = error === null ? '' : `: ${error}`;
  return status === 'failed' ? `Task ${id} failed${reason}` : `Task ${id} was ${status}${reason}`;
}
