import type { JobSummary } from '@joblib/contract';

import { defineCommand } from '../args/command.js';
import { roomId } from '../args/values.js';
import { LISTED_ROOM, LIST_OPTIONS, showList } from '../lists/list-command.js';

/** `joblib jobs [room]` */
export const JOBS = defineCommand({
  name: 'jobs',
  summary: 'what can be done in a room',
  explanation: [
    'Lists the jobs that a room can use, newest first: its own, those of @global and those of @internal, which the',
    'servers run themselves. A job that nobody serves at the moment has 0 workers; its tasks wait.',
  ].join('\n'),
  parameters: LISTED_ROOM,
  options: LIST_OPTIONS,
  examples: [
    ['joblib jobs', 'those of @global'],
    ['joblib jobs lab --json', 'for a script'],
  ],
  needsServer: true,
  run: ({ args, options }, context) => {
    const room = roomId(args.room);
    return showList<JobSummary>(
      {
        read: (manager, page) => manager.api.listJobs(room, page),
        keyOf: (job) => job.full_name,
        columns: () => [
          {
            title: 'WORKERS',
            align: 'right',
            text: ({ workers }) => String(workers.length),
            colour: ({ workers }) => (workers.length > 0 ? 'green' : 'dim'),
          },
          { title: 'JOB', text: (job) => job.full_name },
        ],
        whenEmpty: `No jobs in ${room}. 'joblib run-worker --help' says how to serve one.`,
      },
      options.limit,
      context,
    );
  },
});
