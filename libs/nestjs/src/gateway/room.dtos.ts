import { IsString } from 'class-validator';

/** Payload of `join_job_room` and `leave_job_room`. */
export class JobRoomDto {
  /** "room_id:category:name" */
  @IsString()
  job_name!: string;

  @IsString()
  worker_id!: string;
}

/** Payload of `join_provider_room` and `leave_provider_room`. */
export class ProviderRoomDto {
  /** "room_id:category:name" */
  @IsString()
  provider_name!: string;

  @IsString()
  worker_id!: string;
}

/** Payload of `room_join` and `room_leave`. */
export class RoomDto {
  @IsString()
  room_id!: string;
}
