import { formatFullName } from '@joblib/contract';

import { isoTime } from './iso-time.js';
import type { Provider } from './provider.js';

/** The wire form of a provider as JSON text; its schema goes in as the text it is. */
export function providerJson(provider: Provider): string {
  const { id, roomId, category, name, schema, contentType, workerId, createdAt } = provider;
  const head = { id, room_id: roomId, category, name, full_name: formatFullName(provider) };
  const tail = { content_type: contentType, worker_id: workerId, created_at: isoTime(createdAt) };
  return `${JSON.stringify(head).slice(0, -1)},"schema":${schema},${JSON.stringify(tail).slice(1)}`;
}
