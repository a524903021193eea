export { JoblibGateway } from './joblib.gateway.js';
export { JoinRooms } from './join-rooms.service.js';
export type { JoiningSocket, SocketFinder } from './joining-socket.js';
export { OfferPendingTask } from './offer-pending-task.service.js';
export { ProviderAdmission } from './provider-admission.js';
export { SocketEventPublisher } from './socket-event-publisher.js';
export { WorkerPresence } from './worker-presence.js';
