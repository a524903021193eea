import { categoryDefect, nameDefect } from '@joblib/contract';
import { IsOptional, IsString, ValidateBy } from 'class-validator';

import { IsJsonObject } from '../http/index.js';

/** The field is a string in which `defectOf` finds nothing wrong. */
function HasNoDefect(defectOf: (text: string) => string | null): PropertyDecorator {
  return ValidateBy({
    name: 'hasNoDefect',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && defectOf(value) === null,
      defaultMessage: (context) => `$property ${typeof context?.value === 'string' ? defectOf(context.value) : 'must be a string'}`,
    },
  });
}

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

  /** An own worker to link; absent, a new one is made. */
  @IsOptional()
  @IsString()
  worker_id?: string | null;
}
