import { categoryDefect, nameDefect } from '@joblib/contract';
import { IsOptional, IsString } from 'class-validator';

import { HasNoDefect, IsJsonObject } from '../http/index.js';

/** Body of `PUT /rooms/{room}/jobs`. */
export class RegisterJobDto {
  @HasNoDefect(categoryDefect)
  category!: string;

  @HasNoDefect(nameDefect)
  name!: string;

  /** JSON Schema of the payloads; absent, everything goes. */
  @IsOptional()
  @IsJsonObject()
  schema?: Record<string, unknown> | null;

  /** The schema as the Python package `zndraw-joblib` spells it. */
  @IsOptional()
  @IsJsonObject()
  schema_?: Record<string, unknown> | null;

  /** An own worker to link; absent, a new one is made. */
  @IsOptional()
  @IsString()
  worker_id?: string | null;
}
