/** What a provider said of a read that failed, as readers get it. */
export interface ProviderFailure {
  readonly status: number;
  /** JSON text of a problem document (RFC 9457). */
  readonly document: string;
}

const DEFAULT_STATUS = 500;
const TITLE = 'The provider could not answer';

/** Longest text that is taken for the detail of a document that was none. */
const MAX_DETAIL_LENGTH = 1000;

/** Reads what a provider sent as its problem: whatever it is becomes a document with type, title, status and detail. */
export function providerFailureOf(bytes: Uint8Array): ProviderFailure {
  const text = Buffer.from(bytes).toString('utf8');
  const sent = objectOf(text);
  const status = statusOf(sent?.['status']);
  const detail = sent === null ? text.slice(0, MAX_DETAIL_LENGTH) : textOf(sent['detail'], TITLE);
  const document = {
    ...sent,
    type: textOf(sent?.['type'], 'about:blank'),
    title: textOf(sent?.['title'], TITLE),
    status,
    detail: detail === '' ? TITLE : detail,
  };
  return { status, document: JSON.stringify(document) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function statusOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599 ? value : DEFAULT_STATUS;
}

function textOf(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
