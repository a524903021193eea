import { TASK_STATUSES } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

import { IsJsonObject, IsProgress } from '../http/index.js';

/** Most tasks that one batch submits, and most reports that one call carries. */
export const MAX_BATCH_SIZE = 1000;

/** Most tasks that one claim takes. */
export const MAX_CLAIM_SIZE = 100;

/** Body of `POST /rooms/{room}/tasks/{full_name}`. */
export class SubmitTaskDto {
  @IsJsonObject()
  payload: Record<string, unknown> = {};
}

/** Body of `POST /rooms/{room}/tasks/{full_name}/batch`. */
export class SubmitBatchDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH_SIZE)
  @IsJsonObject({ each: true })
  payloads!: Record<string, unknown>[];
}

/** Body of `POST /tasks/claim`. */
export class ClaimTaskDto {
  /** Absent, the claim is for any of the caller's workers. */
  @IsOptional()
  @IsString()
  worker_id?: string | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_CLAIM_SIZE)
  max_tasks?: number | null;
}

/** Body of `PATCH /tasks/{id}`. */
export class ReportTaskDto {
  @IsIn(TASK_STATUSES)
  status!: TaskStatus;

  @IsOptional()
  @IsString()
  error?: string | null;

  /** Any JSON value. */
  @IsOptional()
  result?: unknown;

  @IsOptional()
  @IsProgress()
  progress?: unknown;
}

/** An item of `PATCH /tasks`. */
export class ReportItemDto extends ReportTaskDto {
  @IsString()
  id!: string;
}

/** Body of `PATCH /tasks`; its items are `ReportItemDto`s. */
export class ReportBatchDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH_SIZE)
  updates!: unknown[];
}
