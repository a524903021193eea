import type { SocketRoom } from './socket-link.js';

/** Where a job's workers hear of tasks. */
export function jobRoom(fullName: string, workerId: string): SocketRoom {
  return { join: 'join_job_room', leave: 'leave_job_room', payload: { job_name: fullName, worker_id: workerId } };
}

/** Where a provider is asked. */
export function providerRoom(fullName: string, workerId: string): SocketRoom {
  return { join: 'join_provider_room', leave: 'leave_provider_room', payload: { provider_name: fullName, worker_id: workerId } };
}

/** Where people hear what happens. */
export function peopleRoom(roomId: string): SocketRoom {
  return { join: 'room_join', leave: 'room_leave', payload: { room_id: roomId } };
}
