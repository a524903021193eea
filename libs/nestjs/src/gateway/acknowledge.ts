import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { ProblemDocument } from '@joblib/contract';

/** What every client event is acknowledged with, when the client asks for it. */
export type Acknowledgement = { readonly status: 'ok' } | ProblemDocument;

const logger = new Logger('Gateway');

/** Runs what a client asked for; what goes wrong becomes its answer and reaches nobody else. */
export async function acknowledged(work: () => Promise<void> | void): Promise<Acknowledgement> {
  try {
    await work();
    return { status: 'ok' };
  } catch (error) {
    return socketProblem(error);
  }
}

/** The problem document for a refusal; anything else is an internal error, logged with the id that the document carries. */
export function socketProblem(error: unknown): ProblemDocument {
  if (error instanceof ProblemError) return error.toDocument();
  const id = randomUUID();
  logger.error(`[${id}] ${error instanceof Error ? error.message : String(error)}`, error instanceof Error ? error.stack : undefined);
  return new ProblemError('InternalError', 'The server failed; its log has more under this id.').toDocument(id);
}
