import { ProblemError, ServerUnreachableError, UnexpectedAnswerError } from '@joblib/client';

import { plainText } from './screen/plain-text.js';

/** What the process ends with. Ended by a signal, it has none of these: the shell says 128 and the signal's number. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot be understood, or lacks something that only its user can give. Nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for did not happen, for a reason that a sentence explains. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof UsageError ? EXIT.wrongUse : EXIT.failed;
}

/** What went wrong, in one line without control characters: texts of others may be part of it. */
export function errorLine(error: unknown): string {
  return plainText(sentenceOf(error));
}

function sentenceOf(error: unknown): string {
  if (error instanceof ProblemError) return problemSentence(error);
  if (error instanceof ServerUnreachableError) return unreachableSentence(error);
  if (error instanceof UnexpectedAnswerError) return `${error.message} (is this the address of a joblib server?)`;
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

function problemSentence({ message, errors = [], type }: ProblemError): string {
  const fields = errors.filter(({ detail }) => !message.includes(detail)).map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
  const said = fields.length === 0 ? message : `${message.replace(/[.:]$/, '')}: ${fields.join('; ')}`;
  return `${said} (${type.status} ${type.id})`;
}

/** "GET http://host/path: reason" as a person would say it. */
function unreachableSentence({ message }: ServerUnreachableError): string {
  const [, origin, reason] = /^[A-Z]+ (https?:\/\/[^/\s]+)\S*: (.*)$/s.exec(message) ?? [];
  return origin === undefined || reason === undefined ? message : `No answer from ${origin}: ${reason}`;
}
