import { SERVER_EVENTS } from '@joblib/contract';
import type { ServerEventName, ServerEvents } from '@joblib/contract';

import { onAbort } from '../abort.js';
import { peopleRoom } from './rooms.js';
import type { SocketLink } from './socket-link.js';

/** Events that are for workers, not for the people of a room. */
type WorkerEventName = 'task_available' | 'task_cancelled' | 'provider_request';

/** Something that happened in a room. */
export type RoomNews = {
  [Name in Exclude<ServerEventName, WorkerEventName>]: { readonly name: Name; readonly payload: ServerEvents[Name] };
}[Exclude<ServerEventName, WorkerEventName>];

/** Who follows a room. */
export interface RoomFollower {
  readonly onNews: (news: RoomNews) => void;
  /** In the room, for the first time or again: what happened before was missed, so look at what there is now. */
  readonly onJoined?: () => void;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

const FOR_WORKERS: readonly ServerEventName[] = ['task_available', 'task_cancelled', 'provider_request'] satisfies WorkerEventName[];

/** Resolves to the way to stop, once in the room or after some seconds. One of these signals stops it, too. */
export async function followRoom(
  link: SocketLink,
  roomId: string,
  { onNews, onJoined }: RoomFollower,
  signals: readonly AbortSignal[],
): Promise<() => void> {
  const releases = SERVER_EVENTS.filter((name) => !FOR_WORKERS.includes(name)).map((name) =>
    link.listen(name, (payload: RoomNews['payload']) => {
      if (!('room_id' in payload) || payload.room_id === roomId) onNews({ name, payload } as RoomNews);
    }),
  );
  const room = peopleRoom(roomId);
  const membership = link.join(room, onJoined);
  const stop = (): void => {
    if (releases.length === 0) return;
    for (const release of releases.splice(0)) release();
    link.leave(room, onJoined);
  };
  for (const signal of signals) releases.push(onAbort(signal, stop));
  await membership;
  return stop;
}
