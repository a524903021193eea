import type { TaskView } from '@joblib/contract';

import { defineCommand } from '../args/command.js';
import { roomId, taskStatus } from '../args/values.js';
import { LISTED_ROOM, LIST_OPTIONS, showList } from '../lists/list-command.js';
import { ageOf } from '../screen/age.js';
import { STATUS_COLOURS } from '../screen/paint.js';
import { progressText } from '../screen/progress-text.js';

/** `joblib tasks [room]` */
export const TASKS = defineCommand({
  name: 'tasks',
  summary: 'what was asked for in a room, and what became of it',
  explanation: [
    'Lists the tasks that were submitted in a room, newest first. A task is pending until a worker claims it, then running,',
    'and in the end completed, failed or cancelled. With --json each has its payload and result.',
  ].join('\n'),
  parameters: LISTED_ROOM,
  options: { status: { value: '<status>', help: 'only those in this state' }, ...LIST_OPTIONS },
  examples: [
    ['joblib tasks lab --limit 10', 'the last ten'],
    ['joblib tasks lab --status failed', 'with the reasons'],
  ],
  needsServer: true,
  run: ({ args, options }, context) => {
    const room = roomId(args.room);
    const filter = options.status === undefined ? {} : { status: taskStatus(options.status) };
    return showList<TaskView>(
      {
        read: (manager, page) => manager.api.listTasks(room, { ...page, ...filter }),
        keyOf: (task) => task.id,
        columns: (nowMs) => [
          { title: 'TASK', text: ({ id }) => id },
          { title: 'STATUS', text: ({ status }) => status, colour: ({ status }) => STATUS_COLOURS[status] },
          { title: 'CREATED', text: (task) => ageOf(task.created_at, nowMs) },
          { title: 'JOB', text: (task) => task.job_name },
          { title: 'DETAIL', text: detailOf },
        ],
        whenEmpty: options.status === undefined ? `No tasks in ${room}.` : `No tasks in ${room} that are ${options.status}.`,
      },
      options.limit,
      context,
    );
  },
});

/** What one wants to know next, whatever its state. */
function detailOf({ status, error, progress, queue_position: position }: TaskView): string {
  if (error !== null) return error;
  if (status === 'pending' && position !== null) return `number ${position} in line`;
  return status === 'running' && progress !== null ? progressText(progress) : '';
}
