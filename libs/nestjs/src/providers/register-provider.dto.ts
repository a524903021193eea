import { categoryDefect, contentTypeDefect, nameDefect } from '@joblib/contract';
import { IsOptional, IsString } from 'class-validator';

import { HasNoDefect, IsJsonObject } from '../http/index.js';

/** Body of `PUT /rooms/{room}/providers`. */
export class RegisterProviderDto {
  @HasNoDefect(categoryDefect)
  category!: string;

  @HasNoDefect(nameDefect)
  name!: string;

  /** JSON Schema of the read parameters; absent, everything goes. */
  @IsOptional()
  @IsJsonObject()
  schema?: Record<string, unknown> | null;

  /** The schema as the Python package `zndraw-joblib` spells it. */
  @IsOptional()
  @IsJsonObject()
  schema_?: Record<string, unknown> | null;

  /** Media type of the answers. */
  @IsOptional()
  @HasNoDefect(contentTypeDefect)
  content_type?: string | null;

  /** An own worker that answers; absent, a new one is made. */
  @IsOptional()
  @IsString()
  worker_id?: string | null;
}
