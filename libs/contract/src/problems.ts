/** One kind of refusal: what it is called on the wire, which status it has, and what to do about it. */
export interface ProblemType {
  /** kebab-case; the last segment of `type`. */
  readonly id: string;
  readonly status: number;
  readonly title: string;
  /** Why it happens and the way out, for the person who reads `GET /v1/problems/<id>`. */
  readonly description: string;
}

/** Every refusal a client can see. `docs/problems.md` has the same entries; a test compares the two. */
export const PROBLEMS = {
  Unauthorized: {
    id: 'unauthorized',
    status: 401,
    title: 'Authentication required',
    description:
      'The request has no bearer token, or the token is expired, forged, meant for somebody else or signed with an algorithm that is not accepted. Send `Authorization: Bearer <JWT>`; a socket sends it as `auth: {token}`.',
  },
  MalformedAddress: {
    id: 'malformed-address',
    status: 400,
    title: 'Malformed address',
    description: 'The address cannot be decoded: its percent-encoding is broken or is not UTF-8. Encode every path segment.',
  },
  MalformedBody: {
    id: 'malformed-body',
    status: 400,
    title: 'Malformed body',
    description: 'The body is not JSON. `detail` says where reading stopped. An empty body counts as `{}`.',
  },
  PayloadTooLarge: {
    id: 'payload-too-large',
    status: 413,
    title: 'Payload too large',
    description:
      'The body is larger than this server accepts (`MAX_BODY_BYTES`; for results of providers `PROVIDER_RESULT_MAX_BYTES`). Send less, or store the data elsewhere and send a reference.',
  },
  UnsupportedMediaType: {
    id: 'unsupported-media-type',
    status: 415,
    title: 'Unsupported media type',
    description: 'The body has a media type other than JSON. Send `Content-Type: application/json`, or none.',
  },
  ValidationError: {
    id: 'validation-error',
    status: 422,
    title: 'Validation error',
    description: 'The request is well-formed, but a field or parameter is not what it has to be. `errors` lists each with a JSON pointer.',
  },
  NotFound: {
    id: 'not-found',
    status: 404,
    title: 'Not found',
    description: 'Nothing is served at this address. `GET /openapi.json` lists what is.',
  },
  MethodNotAllowed: {
    id: 'method-not-allowed',
    status: 405,
    title: 'Method not allowed',
    description: 'The address exists, the method does not. The `Allow` header lists the methods that do.',
  },
  InvalidRoomId: {
    id: 'invalid-room-id',
    status: 400,
    title: 'Invalid room id',
    description: 'A room id is `@global`, `@internal`, or 1–255 characters without `@`, `:` and control characters.',
  },
  RoomLocked: {
    id: 'room-locked',
    status: 423,
    title: 'Room locked',
    description: 'The host application has closed this room for changes. Reading still works; ask whoever locked it.',
  },
  Forbidden: {
    id: 'forbidden',
    status: 403,
    title: 'Forbidden',
    description:
      'The caller is known but may not do this: the worker, task or provider belongs to somebody else, or a superuser is needed (`@global` and `@internal` registrations, retries of deliveries, calls of services).',
  },
  InvalidCategory: {
    id: 'invalid-category',
    status: 400,
    title: 'Invalid category',
    description:
      'The category is not one this server accepts. `detail` lists those that are; `ALLOWED_CATEGORIES` sets those of jobs, `ALLOWED_PROVIDER_CATEGORIES` those of providers.',
  },
  SchemaConflict: {
    id: 'schema-conflict',
    status: 409,
    title: 'Schema conflict',
    description:
      'A live job of this name has a different JSON Schema. Register with the same schema, choose another name, or remove every worker of the old job first.',
  },
  JobNotFound: {
    id: 'job-not-found',
    status: 404,
    title: 'Job not found',
    description:
      'No live job of this full name is visible from this room. A full name is `<room_id>:<category>:<name>`; a job without workers and pending tasks goes away.',
  },
  TaskNotFound: {
    id: 'task-not-found',
    status: 404,
    title: 'Task not found',
    description: 'There is no task with this id. A finished task may have outlived its keep (`TASK_RETENTION_SECONDS`).',
  },
  WorkerNotFound: {
    id: 'worker-not-found',
    status: 404,
    title: 'Worker not found',
    description: 'There is no such worker, or it was removed because it was silent for too long. Register again and go on.',
  },
  InvalidTaskTransition: {
    id: 'invalid-task-transition',
    status: 409,
    title: 'Invalid task transition',
    description:
      'The task is not in a state from which this one can be reached. Somebody else may have been first; read the task again. Nothing was changed.',
  },
  InternalJobNotConfigured: {
    id: 'internal-job-not-configured',
    status: 503,
    title: 'Internal job not configured',
    description:
      'The job or provider is registered in `@internal`, but this server has nothing to run it with. The operator adds it to the internal registry.',
  },
  ProviderNotFound: {
    id: 'provider-not-found',
    status: 404,
    title: 'Provider not found',
    description:
      'No provider of this full name is visible from this room, or none has this id. It goes with its worker: a provider whose process ended is gone after a while.',
  },
  ProviderDisconnected: {
    id: 'provider-disconnected',
    status: 503,
    title: 'Provider disconnected',
    description:
      'Nobody can be asked now: the provider has no live connection (told to readers that send `Prefer: handling=strict`), or the request could not be sent to it. Try again when it is back.',
  },
  ProviderTimeout: {
    id: 'provider-timeout',
    status: 504,
    title: 'Provider timeout',
    description:
      'The provider did not answer within the time that the reader wanted to wait. Its answer is kept when it comes: read again after `Retry-After` seconds.',
  },
  ResultBackendUnavailable: {
    id: 'result-backend-unavailable',
    status: 503,
    title: 'Result backend unavailable',
    description:
      'What keeps the answers of providers (Redis, for example) cannot be reached. Try again after `Retry-After` seconds; the server recovers by itself.',
  },
  RangeNotSatisfiable: {
    id: 'range-not-satisfiable',
    status: 416,
    title: 'Range not satisfiable',
    description: 'The result ends before the range that was asked for begins. `Content-Range` says how long it is.',
  },
  NoWorkersAvailable: {
    id: 'no-workers-available',
    status: 409,
    title: 'No workers available',
    description:
      'This server takes tasks only while a worker of the job is alive (`REQUIRE_CONNECTED_WORKER`), and none is. Start a worker and submit again.',
  },
  PayloadInvalid: {
    id: 'payload-invalid',
    status: 422,
    title: 'Payload invalid',
    description:
      "The payload breaks the job's JSON Schema, or the parameters of a read the provider's, or they could not be checked in time. `errors` lists each place with a JSON pointer.",
  },
  IdempotencyMismatch: {
    id: 'idempotency-mismatch',
    status: 422,
    title: 'Idempotency key reused',
    description: 'This `Idempotency-Key` was used within the last 24 hours with another payload. Use a new key for a new submission.',
  },
  PluginNotFound: {
    id: 'plugin-not-found',
    status: 404,
    title: 'Plugin not found',
    description:
      'No server of this database has, or had, a plugin of this name. `GET /v1/joblib/plugins` lists those of the server that answers.',
  },
  DeliveryNotFound: {
    id: 'delivery-not-found',
    status: 404,
    title: 'Delivery not found',
    description:
      'The plugin has no delivery with this id. One that reached its plugin may have outlived its keep (`DELIVERY_RETENTION_SECONDS`).',
  },
  DeliveryNotFailed: {
    id: 'delivery-not-failed',
    status: 409,
    title: 'Delivery not failed',
    description:
      'Only a delivery that has failed for good can be retried; this one is on its way, or has reached its plugin. Nothing was changed.',
  },
  ServiceNotFound: {
    id: 'service-not-found',
    status: 404,
    title: 'Service not found',
    description: 'No server of this database has a service of this name. `GET /v1/joblib/services` lists those of all servers.',
  },
  InvalidServiceState: {
    id: 'invalid-service-state',
    status: 409,
    title: 'Invalid service state',
    description:
      'The service is not in a state from which this can be done, its server is gone, or it was asked for something before that is not done yet. `detail` names both states. Read the list of services again; nothing was changed.',
  },
  DatabaseUnavailable: {
    id: 'database-unavailable',
    status: 503,
    title: 'Database unavailable',
    description:
      'The database is away, full or read-only. Nothing was changed. Try again after `Retry-After` seconds; the server recovers by itself.',
  },
  InternalError: {
    id: 'internal-error',
    status: 500,
    title: 'Internal error',
    description: 'The server failed in a way it did not foresee. The request id in `instance` is in its log; please report it.',
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemName = keyof typeof PROBLEMS;

/** One defect of a request: where (RFC 6901 pointer into the body; `?name` and header names stand for themselves) and what. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** RFC 9457 `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly errors?: readonly FieldError[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Address prefix of `type`; `GET` of the whole answers a description. */
export const PROBLEM_TYPE_PREFIX = '/v1/problems/';

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal from the catalogue. `detail` names the thing and its value, for the person who reads it. */
export class ProblemError extends Error {
  readonly type: ProblemType;
  readonly errors: readonly FieldError[] | undefined;
  /** Response headers that belong to the refusal, e.g. `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly problem: ProblemName,
    detail: string,
    extras: ProblemExtras = {},
  ) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'ProblemError';
    this.type = PROBLEMS[problem];
    this.errors = extras.errors;
    this.headers = extras.headers ?? {};
  }

  /** `instance` identifies this occurrence (a request id). */
  toDocument(instance?: string): ProblemDocument {
    return {
      type: PROBLEM_TYPE_PREFIX + this.type.id,
      title: this.type.title,
      status: this.type.status,
      detail: this.message,
      ...(instance === undefined ? {} : { instance }),
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
  }
}
