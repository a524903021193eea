/** Visible from every room; registering here needs a superuser. */
export const GLOBAL_ROOM = '@global';

/** Run by the servers themselves, visible from every room. */
export const INTERNAL_ROOM = '@internal';

/** Longest room id, category or name, in Unicode code points. */
export const MAX_NAME_LENGTH = 255;

/** The three parts of `room_id:category:name`. */
export interface FullName {
  readonly roomId: string;
  readonly category: string;
  readonly name: string;
}

export function formatFullName({ roomId, category, name }: FullName): string {
  return `${roomId}:${category}:${name}`;
}

/** Splits at the first two colons: a category has none, a name may have any number. `null` when a part is missing or empty. */
export function parseFullName(text: string): FullName | null {
  const first = text.indexOf(':');
  const second = text.indexOf(':', first + 1);
  if (first < 1 || second < first + 2 || second === text.length - 1) return null;
  return { roomId: text.slice(0, first), category: text.slice(first + 1, second), name: text.slice(second + 1) };
}

export function isReservedRoom(roomId: string): boolean {
  return roomId === GLOBAL_ROOM || roomId === INTERNAL_ROOM;
}

/** What is wrong with a room id, as a sentence, or `null` when it is one: `@global`, `@internal`, or 1–255 code points without `@`, `:` and control characters. */
export function roomIdDefect(roomId: string): string | null {
  if (isReservedRoom(roomId)) return null;
  if (/[@:]/.test(roomId)) return `Room id '${roomId}' contains invalid characters: '@' and ':' are reserved.`;
  return textDefect(roomId, 'Room id');
}

/** What is wrong with a category, or `null`. */
export function categoryDefect(category: string): string | null {
  if (category.includes(':')) return "must not contain ':'";
  return textDefect(category, null);
}

/** What is wrong with the name of a job or provider, or `null`. */
export function nameDefect(name: string): string | null {
  return textDefect(name, null);
}

/** A room's own job is seen and used from that room only, not from `@global` either; those of `@global` and `@internal` from every room. */
export function isVisibleFrom(ownerRoomId: string, viewerRoomId: string): boolean {
  return isReservedRoom(ownerRoomId) || ownerRoomId === viewerRoomId;
}

/** Rooms whose jobs a list for `roomId` shows: its own, `@global` and `@internal`; a reserved room shows only itself. */
export function roomsListedFor(roomId: string): readonly string[] {
  return isReservedRoom(roomId) ? [roomId] : [roomId, GLOBAL_ROOM, INTERNAL_ROOM];
}

// U+0000–1F and U+007F–9F, and surrogates without a partner: neither SQL text nor a URL carries them faithfully.
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const UNFIT = /[\u0000-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function textDefect(text: string, subject: string | null): string | null {
  const say = (sentence: string): string => (subject === null ? sentence : `${subject} ${sentence}.`);
  if (text.length === 0) return say('must not be empty');
  if (codePointLength(text) > MAX_NAME_LENGTH) return say(`must have at most ${MAX_NAME_LENGTH} characters`);
  if (UNFIT.test(text)) return say('contains invalid characters: control characters and lone surrogates are refused');
  return null;
}

function codePointLength(text: string): number {
  if (text.length <= MAX_NAME_LENGTH) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
