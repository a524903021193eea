import { randomUUID } from 'node:crypto';

import type { ProblemDocument } from '@joblib/contract';

import { problemOf } from '../http/index.js';

/** What a client gets in answer to an event. */
export type Acknowledgement = { readonly status: 'ok' } | ProblemDocument;

/** Does what an event asks for; whatever happens becomes the acknowledgement. */
export async function acknowledge(event: string, work: () => Promise<void>): Promise<Acknowledgement> {
  try {
    await work();
    return { status: 'ok' };
  } catch (error) {
    return socketProblem(event, error);
  }
}

/** The problem document of any error, under an id of its own where the log has more. */
export function socketProblem(event: string, error: unknown): ProblemDocument {
  return problemOf(error, { id: randomUUID(), method: 'SOCKET', url: event }).document;
}

/** Refuses a connection: the client's `connect_error` has the detail as `message` and the problem document as `data`. */
export class ConnectionRefused extends Error {
  constructor(readonly data: ProblemDocument) {
    super(data.detail);
    this.name = 'ConnectionRefused';
  }
}

/** Longest text of a client that an answer repeats. */
const MAX_REPEATED_LENGTH = 1000;

/** A client's text, no longer than an answer repeats it. */
export function clipped(text: string): string {
  return text.length > MAX_REPEATED_LENGTH ? `${text.slice(0, MAX_REPEATED_LENGTH)}…` : text;
}
