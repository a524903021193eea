import { defineCommand } from '../args/command.js';
import { EXIT } from '../errors.js';
import { jsonLine } from '../screen/json-text.js';

/** `joblib cancel <task>` */
export const CANCEL = defineCommand({
  name: 'cancel',
  summary: 'stop a task',
  explanation: [
    'Cancels a task that has not ended. Its worker is told and stops the work. You may cancel what you submitted; a superuser,',
    'and whoever runs it, may too.',
  ].join('\n'),
  parameters: { task: { help: "its id, as 'joblib submit' and 'joblib tasks' show it" } },
  options: {},
  examples: [['joblib cancel 019a9d3c-5f0e-7d43-a1b1-0d7cf1a4a6d2', '']],
  needsServer: true,
  run: async ({ args }, context) => {
    const manager = await context.connect();
    const task = await manager.api.report(args.task, { status: 'cancelled' });
    await context.out.line(context.json ? jsonLine(task) : `Task ${task.id} is cancelled.`);
    return EXIT.done;
  },
});
