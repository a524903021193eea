import type { JsonSchema } from './jobs.js';

/** A provider: somebody who answers reads of a room. `full_name` is `room_id:category:name`; `created_at` is ISO 8601, UTC. */
export interface ProviderView {
  readonly id: string;
  readonly room_id: string;
  readonly category: string;
  readonly name: string;
  readonly full_name: string;
  /** Of the read parameters, whose values are all strings. */
  readonly schema: JsonSchema;
  /** Media type of its answers. */
  readonly content_type: string;
  /** `null` for those that the servers run themselves. */
  readonly worker_id: string | null;
  readonly created_at: string;
}

/** Answer of a read whose result is on its way: ask again, or wait for `provider_result_ready`. */
export interface PendingRead {
  readonly status: 'pending';
  readonly provider_name: string;
  readonly request_hash: string;
}

/** What a provider's answers are when it does not say otherwise. */
export const DEFAULT_PROVIDER_CONTENT_TYPE = 'application/json';

/** Longest request hash that a result may be uploaded for. */
export const MAX_REQUEST_HASH_LENGTH = 1024;

// A quoted value is printable ASCII without escapes.
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[ \t]*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[ !#-[\]-~]*"))*$/;

/** What is wrong with the media type of a provider's answers, or `null`. */
export function contentTypeDefect(text: string): string | null {
  return text.length <= 255 && MEDIA_TYPE.test(text) ? null : 'must be a media type, for example application/json';
}
