import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stateOf } from './request-state.js';

/**
 * Aborted when the client's connection closes before its answer was finished; the same signal for every call with this request.
 * A client that only stopped sending counts as gone when, and only when, the server answers that by closing (Node's default).
 */
export function clientGone(request: FastifyRequest): AbortSignal {
  const state = stateOf(request);
  return (state.gone ??= watch(request.raw.socket, state.reply.raw));
}

/**
 * Whether the answer was handed over to the network, or its connection was gone first. Ask before answering.
 * Written does not mean read: only a protocol with acknowledgements could tell.
 */
export function answerOutcome(reply: FastifyReply): Promise<'written' | 'lost'> {
  const { socket } = reply.request.raw;
  const response = reply.raw;
  if (isGone(socket, response)) return Promise.resolve('lost');
  return new Promise((resolve) => {
    const settle = (outcome: 'written' | 'lost'): void => {
      forget();
      response.off('finish', onFinish).off('close', onClose);
      resolve(outcome);
    };
    // Writing to a connection that broke meanwhile "finishes" as well.
    const onFinish = (): void => settle(socket.destroyed ? 'lost' : 'written');
    const onClose = (): void => settle('lost');
    // Ahead of Node's own listener, which may close the connection after a successful answer.
    response.prependListener('finish', onFinish);
    response.on('close', onClose);
    const forget = onceClosed(socket, onClose);
  });
}

function watch(socket: Socket, response: ServerResponse): AbortSignal {
  if (isGone(socket, response)) return AbortSignal.abort();
  const controller = new AbortController();
  let isFinished = false;
  const onClose = (): void => {
    forget();
    response.off('finish', onFinish).off('close', onClose);
    if (!isFinished) controller.abort();
  };
  const onFinish = (): void => {
    isFinished = !socket.destroyed;
  };
  response.prependListener('finish', onFinish);
  response.on('close', onClose);
  const forget = onceClosed(socket, onClose);
  return controller.signal;
}

function isGone(socket: Socket, response: ServerResponse): boolean {
  return socket.destroyed || (response.destroyed && !response.writableFinished);
}

const closeListeners = new WeakMap<Socket, Set<() => void>>();

/**
 * A response that waits behind others on its connection is never told that the connection closed; the socket is. It gets one
 * listener for all of them: a client decides how many it pipelines.
 */
function onceClosed(socket: Socket, listener: () => void): () => void {
  let listeners = closeListeners.get(socket);
  if (listeners === undefined) {
    const all = (listeners = new Set());
    closeListeners.set(socket, all);
    socket.once('close', () => {
      for (const each of [...all]) each();
    });
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}
