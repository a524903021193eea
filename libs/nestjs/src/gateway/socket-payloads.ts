import { IsString } from 'class-validator';

import { validateDto } from '../http/index.js';

/** Payload of `join_job_room` and `leave_job_room`. */
export class JobRoomPayload {
  @IsString()
  job_name!: string;

  @IsString()
  worker_id!: string;
}

/** Payload of `room_join` and `room_leave`. */
export class RoomPayload {
  @IsString()
  room_id!: string;
}

/** @throws ProblemError `ValidationError` */
export function jobRoomPayload(payload: unknown): JobRoomPayload {
  return validateDto(JobRoomPayload, payload);
}

/** @throws ProblemError `ValidationError` */
export function roomPayload(payload: unknown): RoomPayload {
  return validateDto(RoomPayload, payload);
}
