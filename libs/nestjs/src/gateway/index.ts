export { JoblibGateway } from './joblib.gateway.js';
export { JoinRooms } from './join-rooms.service.js';
export type { JoiningSocket } from './join-rooms.service.js';
export { SocketEventPublisher } from './socket-event-publisher.js';
export { WorkerPresence } from './worker-presence.service.js';
