import type { ProviderView } from '@joblib/contract';

import { defineCommand } from '../args/command.js';
import { roomId } from '../args/values.js';
import { LISTED_ROOM, LIST_OPTIONS, showList } from '../lists/list-command.js';
import { ageOf } from '../screen/age.js';

/** `joblib providers [room]` */
export const PROVIDERS = defineCommand({
  name: 'providers',
  summary: 'what can be read in a room',
  explanation: "Lists the providers that a room can read from, newest first. 'joblib read' reads from one.",
  parameters: LISTED_ROOM,
  options: LIST_OPTIONS,
  examples: [
    ['joblib providers lab', 'those of the room lab'],
    ['joblib providers lab --json', 'with the JSON Schema of their parameters'],
  ],
  needsServer: true,
  run: ({ args, options }, context) => {
    const room = roomId(args.room);
    return showList<ProviderView>(
      {
        read: (manager, page) => manager.api.listProviders(room, page),
        keyOf: (provider) => provider.full_name,
        columns: (nowMs) => [
          { title: 'PROVIDER', text: (provider) => provider.full_name },
          { title: 'ANSWERS', text: (provider) => provider.content_type },
          { title: 'SINCE', text: (provider) => ageOf(provider.created_at, nowMs) },
        ],
        whenEmpty: `No providers in ${room}.`,
      },
      options.limit,
      context,
    );
  },
});
