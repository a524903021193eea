import { ProblemError, UnexpectedAnswerError } from '@joblib/client';
import type { JobManager, RoomNews } from '@joblib/client';

import type { CommandContext } from '../args/command-context.js';
import { defineCommand } from '../args/command.js';
import { roomId } from '../args/values.js';
import { jsonLine } from '../screen/json-text.js';
import { STATUS_COLOURS } from '../screen/paint.js';
import { plainText } from '../screen/plain-text.js';
import { progressText } from '../screen/progress-text.js';
import type { Outlet } from '../screen/terminal.js';

/** `joblib tail <room>` */
export const TAIL = defineCommand({
  name: 'tail',
  summary: 'see live what happens in a room',
  explanation: [
    'Prints what happens in a room from now on, until Ctrl+C: every change of a task, and when the jobs or the providers',
    'of the room changed. It stays through outages, and says when it may have missed something. With --json each event is',
    'a line {"name": …, "payload": …}.',
  ].join('\n'),
  parameters: { room: { help: 'which is followed' } },
  options: {},
  examples: [
    ['joblib tail lab', ''],
    [`joblib tail lab --json | jq -r 'select(.payload.status == "failed") | .payload.error'`, 'the reasons of failures as they come'],
  ],
  needsServer: true,
  run: async ({ args }, context) => {
    const room = roomId(args.room);
    const refused = new AbortController();
    const trouble = new Trouble(context.err);
    const look = async (): Promise<void> => {
      try {
        await manager.api.listTasks(room, { limit: 0 });
      } catch (error) {
        if (isRefusal(error)) refused.abort(error);
      }
    };
    const manager = await context.connect({
      // Undefined: a socket of its own.
      socket: undefined,
      logger: {
        info: (message) => {
          void trouble.tell(message);
          void look(); // a socket that is refused says no more than that; a call says why
        },
        warn: (message) => void context.err.line(plainText(message)),
        error: (message) => void context.err.line(plainText(message)),
      },
    });
    await manager.api.listTasks(room, { limit: 0 });
    await followUntil(manager, room, trouble, refused.signal, context);
    throw refused.signal.reason;
  },
});

/** Resolves when the signal aborts. */
async function followUntil(
  manager: JobManager,
  room: string,
  trouble: Trouble,
  signal: AbortSignal,
  context: CommandContext,
): Promise<void> {
  let isFirst = true;
  const onJoined = (): void => {
    void trouble.end();
    void context.err.line(isFirst ? `Following ${plainText(room)}; Ctrl+C ends it.` : 'Back again; what happened meanwhile is not shown.');
    isFirst = false;
  };
  await manager.follow(room, { onNews: (news) => void show(news, context), onJoined, signal });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await manager.disconnect();
}

/** Says once that there is no connection, however often it is tried again. */
class Trouble {
  #isTold = false;

  constructor(private readonly err: Outlet) {}

  async tell(message: string): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    await this.err.line(plainText(`${message}; trying again.`));
  }

  end(): void {
    this.#isTold = false;
  }
}

async function show(news: RoomNews, { out, json, clock }: CommandContext): Promise<void> {
  if (json) return out.line(jsonLine(news));
  const time = new Date(clock()).toTimeString().slice(0, 8);
  return out.line(`${out.paint(time, 'dim')}  ${describe(news, out)}`);
}

function describe(news: RoomNews, { paint }: Outlet): string {
  switch (news.name) {
    case 'jobs_invalidate':
      return 'the jobs changed';
    case 'providers_invalidate':
      return 'the providers changed';
    case 'plugins_invalidate':
      return 'the plugins changed';
    case 'services_invalidate':
      return 'the services changed';
    case 'provider_result_ready':
      return plainText(`read       ${news.payload.provider_name}`);
    case 'task_status_event': {
      const { status, id, name, error, progress } = news.payload;
      const detail = error ?? (status === 'running' && progress !== null ? progressText(progress) : '');
      return `${paint(status.padEnd(9), STATUS_COLOURS[status])}  ${plainText(`${id}  ${name}  ${detail}`).trimEnd()}`;
    }
  }
}

function isRefusal(error: unknown): boolean {
  const status = error instanceof ProblemError ? error.type.status : error instanceof UnexpectedAnswerError ? error.status : 0;
  return status === 401 || status === 403;
}
