export { RoomAccess, validateRoomId } from './room-access.service.js';
