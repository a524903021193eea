import type { WorkerSummary } from '@joblib/contract';

import { defineCommand } from '../args/command.js';
import { roomId } from '../args/values.js';
import { LISTED_ROOM, LIST_OPTIONS, showList } from '../lists/list-command.js';
import { ageOf } from '../screen/age.js';

/** `joblib workers [room]` */
export const WORKERS = defineCommand({
  name: 'workers',
  summary: 'who serves a room',
  explanation: 'Lists the workers that serve jobs of a room, newest first, with their number of jobs and their last sign of life.',
  parameters: LISTED_ROOM,
  options: LIST_OPTIONS,
  examples: [['joblib workers lab', 'those of the room lab']],
  needsServer: true,
  run: ({ args, options }, context) => {
    const room = roomId(args.room);
    return showList<WorkerSummary>(
      {
        read: (manager, page) => manager.api.listWorkers(room, page),
        keyOf: (worker) => worker.id,
        columns: (nowMs) => [
          { title: 'WORKER', text: ({ id }) => id },
          { title: 'JOBS', align: 'right', text: (worker) => String(worker.job_count) },
          { title: 'HEARTBEAT', text: (worker) => ageOf(worker.last_heartbeat, nowMs) },
        ],
        whenEmpty: `No workers in ${room}.`,
      },
      options.limit,
      context,
    );
  },
});
