import { PROBLEMS, PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX, ProblemError } from '@joblib/contract';
import type { FieldError, ProblemDocument, ProblemName } from '@joblib/contract';

import { onAbort } from '../abort.js';
import type { ClientClock } from '../clock.js';
import { sentenceOf } from '../logger.js';
import { ServerUnreachableError, UnexpectedAnswerError } from './errors.js';
import type { TokenSource } from './token-source.js';

/** The part of `fetch` that is used; `globalThis.fetch` is one. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<Response>;

/** What a request is made of. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** One request. `path` is absolute, e.g. `/v1/joblib/workers`. */
export interface HttpCall {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead of `json`. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Asks the server to hold the call this long (`Prefer: wait=N`). */
  readonly waitSeconds?: number;
  /** How long an answer may take, beyond `waitSeconds`. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpClientOptions {
  /** Origin and path prefix, without a slash at its end. */
  readonly url: string;
  readonly tokens: TokenSource;
  readonly fetch: FetchFunction;
  readonly clock: ClientClock;
}

/** A successful answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: ArrayBuffer;
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const SHOWN_CHARACTERS = 200;

/** Sends authenticated requests, and turns whatever is no success into one of three errors. */
export class HttpClient {
  constructor(private readonly options: HttpClientOptions) {}

  /**
   * After a 401 the token is asked for again, once.
   * @throws ProblemError for refusals of the catalogue, UnexpectedAnswerError for others, ServerUnreachableError without an answer; the
   * reason of `signal` when it aborts.
   */
  async send(call: HttpCall): Promise<HttpAnswer> {
    const token = await this.options.tokens.get();
    const answer = await this.#attempt(call, token);
    if (answer.status === 401 && (await this.options.tokens.renew(token))) {
      return successOf(call, await this.#attempt(call, await this.options.tokens.get()));
    }
    return successOf(call, answer);
  }

  /** Sends, and reads the answer as JSON; nothing at all is `undefined`. */
  async json<T>(call: HttpCall): Promise<T> {
    const { status, headers, bytes } = await this.send(call);
    const text = new TextDecoder().decode(bytes);
    try {
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch {
      throw new UnexpectedAnswerError(`${call.method} ${call.path} was answered with something other than JSON.`, status, excerpt(text), {
        'content-type': headers.get('content-type') ?? '',
      });
    }
  }

  async #attempt(call: HttpCall, token: string): Promise<HttpAnswer> {
    const timeoutSeconds = (call.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) + (call.waitSeconds ?? 0);
    const ending = new AbortController();
    const giveUp = (): void => ending.abort();
    call.signal?.throwIfAborted();
    const init = initOf(call, token, ending.signal);
    const cancelTimer = this.options.clock.startTimer(timeoutSeconds * 1000, giveUp);
    const release = call.signal === undefined ? undefined : onAbort(call.signal, giveUp);
    try {
      const response = await this.options.fetch(this.options.url + call.path, init);
      return { status: response.status, headers: response.headers, bytes: await response.arrayBuffer() };
    } catch (error) {
      call.signal?.throwIfAborted();
      const reason = ending.signal.aborted ? `no answer within ${timeoutSeconds} s` : reasonOf(error);
      throw new ServerUnreachableError(`${call.method} ${this.options.url}${call.path}: ${reason}`, { cause: error });
    } finally {
      cancelTimer();
      release?.();
    }
  }
}

function initOf({ method, json, bytes, headers, waitSeconds }: HttpCall, token: string, signal: AbortSignal): FetchInit {
  const body = bytes ?? (json === undefined ? undefined : JSON.stringify(json));
  return {
    method,
    signal,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
      ...(waitSeconds !== undefined && { Prefer: `wait=${waitSeconds}` }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  };
}

function successOf(call: HttpCall, answer: HttpAnswer): HttpAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const text = new TextDecoder().decode(answer.bytes);
  const document = problemDocumentOf(answer, text);
  const problem = document === null ? null : problemErrorOf(document, retryHeader(answer.headers));
  if (problem !== null) throw problem;
  const sentence = document === null ? '' : ` ${document.title}: ${document.detail}`;
  const what = `${call.method} ${call.path} was answered with ${answer.status}${sentence}`;
  throw new UnexpectedAnswerError(what, answer.status, excerpt(text), retryHeader(answer.headers));
}

/** `null` when it is none, whatever its content type says. */
function problemDocumentOf({ headers }: HttpAnswer, text: string): ProblemDocument | null {
  if (headers.get('content-type')?.startsWith(PROBLEM_MEDIA_TYPE) !== true) return null;
  try {
    const { type, title, detail } = JSON.parse(text) as Partial<Record<keyof ProblemDocument, unknown>>;
    return [type, title, detail].every((field) => typeof field === 'string') ? (JSON.parse(text) as ProblemDocument) : null;
  } catch {
    return null;
  }
}

/** The catalogue's error for a problem document; `null` for a `type` that the catalogue does not have. */
function problemErrorOf(document: ProblemDocument, headers: Readonly<Record<string, string>>): ProblemError | null {
  const found = Object.entries(PROBLEMS).find(([, { id }]) => document.type === PROBLEM_TYPE_PREFIX + id);
  if (found === undefined) return null;
  const occurrence = found[1].status >= 500 && document.instance !== undefined ? ` (${document.instance})` : '';
  const errors: readonly FieldError[] | undefined = document.errors;
  return new ProblemError(found[0] as ProblemName, document.detail + occurrence, { headers, ...(errors !== undefined && { errors }) });
}

function retryHeader(headers: Headers): Record<string, string> {
  const value = headers.get('retry-after');
  return value === null ? {} : { 'retry-after': value };
}

/** `fetch failed` says little; its cause says which connection failed and how. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && cause.message === '' && 'code' in cause ? String(cause.code) : sentenceOf(cause);
}

function excerpt(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
