import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { ClientEventName, ClientEvents, ProblemDocument, ServerEventName, ServerEvents } from '@joblib/contract';

type Acknowledgement = { readonly status: 'ok' } | ProblemDocument;
type Listening = { [Name in ServerEventName]: (payload: ServerEvents[Name]) => void };
type Asking = { [Name in ClientEventName]: (payload: ClientEvents[Name], acknowledge: (answer: Acknowledgement) => void) => void };

/** A connection with the event names of the service. */
export type JoblibSocket = Socket<Listening, Asking>;

/** Where to connect and as whom. */
export interface SocketAddress {
  readonly url: string;
  readonly token: string;
}

/** `onJoined` runs after each join, the first included: what happened before it may have been missed. */
export interface RoomListener {
  readonly onTask: (event: ServerEvents['task_status_event']) => void;
  readonly onJoined: () => void;
  readonly onError: (error: Error) => void;
}

/** `onCancelled` is told the id of a task that somebody cancelled. */
export interface WorkerListener {
  readonly onCancelled: (taskId: string) => void;
  readonly onError: (error: Error) => void;
}

const ANSWER_TIMEOUT_MS = 10_000;

/** Listens to every task of a room; joins again after each reconnection. Rejects when the first connection or join is refused. */
export async function followRoom(
  address: SocketAddress,
  roomId: string,
  { onTask, onJoined, onError }: RoomListener,
): Promise<JoblibSocket> {
  const socket = open(address);
  socket.on('task_status_event', onTask);
  const join = async (): Promise<void> => {
    accept((await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck('room_join', { room_id: roomId })) as Acknowledgement);
    onJoined();
  };
  await joinAtEveryConnection(socket, join, onError);
  return socket;
}

/**
 * Lets the socket stand for a worker: when it drops, the service knows that the worker has gone. `workerId` is asked at each
 * reconnection, because a worker that was away for too long has to register again.
 */
export async function standForWorker(
  address: SocketAddress,
  jobName: string,
  workerId: () => string,
  { onCancelled, onError }: WorkerListener,
): Promise<JoblibSocket> {
  const socket = open(address);
  socket.on('task_cancelled', ({ task_id: taskId }) => onCancelled(taskId));
  await joinAtEveryConnection(socket, () => joinJobRoom(socket, jobName, workerId()), onError);
  return socket;
}

/** @throws when the service refuses: the worker is gone, or is not linked to the job */
export async function joinJobRoom(socket: JoblibSocket, jobName: string, workerId: string): Promise<void> {
  const request = { job_name: jobName, worker_id: workerId };
  accept((await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck('join_job_room', request)) as Acknowledgement);
}

function open({ url, token }: SocketAddress): JoblibSocket {
  return io(url, { auth: { token }, forceNew: true });
}

/** Settles with the first join; later ones report through `onLaterError`. */
async function joinAtEveryConnection(socket: JoblibSocket, join: () => Promise<void>, onLaterError: (error: Error) => void): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect_error', (error) => reject(new Error(`The socket was refused: ${error.message}`, { cause: error })));
      socket.on('connect', () => void join().then(resolve, reject));
    });
  } catch (error) {
    socket.disconnect();
    throw error;
  }
  socket.off('connect').on('connect', () => void join().catch(onLaterError));
}

function accept(answer: Acknowledgement): void {
  if (answer.status !== 'ok') throw new Error(`The room was refused: ${answer.detail}`);
}
