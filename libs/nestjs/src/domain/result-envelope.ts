/** What is known of a result beside its bytes. */
export interface ResultFacts {
  /** Another one for each upload, also of the same bytes. */
  readonly id: string;
  readonly contentType: string;
  /** Whether the provider reported a failure; the bytes are then its problem document. */
  readonly isError: boolean;
  /** Changes with the bytes; without quotes. */
  readonly entityTag: string;
  /** Epoch milliseconds. */
  readonly storedAt: number;
  readonly ttlSeconds: number;
}

/** A result as it was opened; its bytes are a view into what was kept. */
export interface StoredResult extends ResultFacts {
  readonly data: Uint8Array;
}

/** Ends every envelope. */
const MARK = Buffer.from('jlr1');
const LENGTH_BYTES = 4;

/** The result as one piece of bytes that describes itself: data, facts as JSON, their length, a mark. Facts come last, so that data can be taken as it arrives. */
export function sealResult(pieces: readonly Uint8Array[], facts: ResultFacts): Uint8Array {
  const text = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.byteLength);
  return Buffer.concat([...pieces, text, length, MARK]);
}

const opened = new WeakMap<Uint8Array, StoredResult>();

/** The opposite; nothing is copied. `null` when the bytes are no envelope. */
export function openResult(envelope: Uint8Array): StoredResult | null {
  const known = opened.get(envelope);
  if (known !== undefined) return known;
  const result = read(Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength));
  // Kept in memory, the same bytes are read again and again.
  if (result !== null) opened.set(envelope, result);
  return result;
}

function read(bytes: Buffer): StoredResult | null {
  const lengthAt = bytes.byteLength - MARK.byteLength - LENGTH_BYTES;
  if (lengthAt < 0 || !bytes.subarray(-MARK.byteLength).equals(MARK)) return null;
  const factsAt = lengthAt - bytes.readUInt32BE(lengthAt);
  if (factsAt < 0) return null;
  try {
    const facts = JSON.parse(bytes.toString('utf8', factsAt, lengthAt)) as ResultFacts;
    return { ...facts, data: bytes.subarray(0, factsAt) };
  } catch {
    return null;
  }
}
