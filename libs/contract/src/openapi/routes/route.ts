import type { ProblemName } from '../../problems.js';

/** Base path of everything but identity, problem pages and the service's own addresses. */
export const BASE_PATH = '/v1/joblib';

/** Who the server takes the caller for. Beside the base path, and authenticated like everything below it. */
export const ME_PATH = '/v1/me';

export type HttpMethod = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** One address with one method. */
export interface Route {
  readonly operationId: string;
  readonly method: HttpMethod;
  /** Parameters as `{snake_case}` segments, e.g. `/v1/joblib/tasks/{task_id}`. */
  readonly path: string;
  readonly summary: string;
  /** Every refusal it may answer; its status is in the catalogue. */
  readonly problems: readonly ProblemName[];
}

/** Any call that looks at a token and the database. */
export const ANY = ['Unauthorized', 'DatabaseUnavailable', 'InternalError'] as const;
/** Has parameters in its path. */
export const PATH = ['MalformedAddress'] as const;
/** Reads a JSON body. */
export const BODY = ['MalformedBody', 'UnsupportedMediaType', 'PayloadTooLarge', 'ValidationError'] as const;
/** Below `/rooms/{room_id}`, reading: the room's form, then the read guard. */
export const ROOM_READ = [...PATH, 'InvalidRoomId', 'Forbidden'] as const;
/** Below `/rooms/{room_id}`, writing: the room's form, then the write guard. */
export const ROOM_WRITE = [...PATH, 'InvalidRoomId', 'Forbidden', 'RoomLocked'] as const;
