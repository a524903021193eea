/** Wake-up topics: what somebody may be waiting for. */

/** A task of this job became pending. */
export function pendingTopic(jobId: string): string {
  return `pending:${jobId}`;
}

/** This task reached a terminal state. */
export function settledTopic(taskId: string): string {
  return `settled:${taskId}`;
}

/** The jobs of this user's workers are not what they were. */
export function linksTopic(userId: string): string {
  return `links:${userId}`;
}

/** This provider was registered anew, or removed. */
export function providerTopic(providerId: string): string {
  return `provider:${providerId}`;
}

/** A socket that answers for this provider has joined. @param fullName "room_id:category:name" */
export function providerJoinedTopic(fullName: string): string {
  return `provider-joined:${fullName}`;
}

/** A task was put out for plugins. */
export const OUTBOX_TOPIC = 'outbox';

/** A server has other plugins than before. */
export const PLUGINS_TOPIC = 'plugins';

/** A service of some server changed, or was asked for something. */
export const SERVICES_TOPIC = 'services';

/** The result of a read was stored. @param key where it is cached. */
export function resultTopic(key: string): string {
  return `result:${key}`;
}
