import { ValidateBy } from 'class-validator';
import type { ValidationOptions } from 'class-validator';

/** Whether a value is a JSON object: neither `null` nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field is a JSON object. */
export function IsJsonObject(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    { name: 'isJsonObject', validator: { validate: isJsonObject, defaultMessage: () => '$property must be a JSON object' } },
    options,
  );
}

/** The field is a string in which `defectOf` finds nothing wrong. */
export function HasNoDefect(defectOf: (text: string) => string | null): PropertyDecorator {
  return ValidateBy({
    name: 'hasNoDefect',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && defectOf(value) === null,
      defaultMessage: (context) => `$property ${typeof context?.value === 'string' ? defectOf(context.value) : 'must be a string'}`,
    },
  });
}

/** The field is a number from 0 to 1, or `{current ≥ 0, total > 0, message?: string}`. */
export function IsProgress(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isProgress',
      validator: {
        validate: isProgress,
        defaultMessage: () => '$property must be a number from 0 to 1, or {current: number ≥ 0, total: number > 0, message?: string}',
      },
    },
    options,
  );
}

function isProgress(value: unknown): boolean {
  if (typeof value === 'number') return value >= 0 && value <= 1;
  if (!isJsonObject(value)) return false;
  const { current, total, message } = value;
  return isFrom(current, 0) && isFrom(total, Number.MIN_VALUE) && (message === undefined || typeof message === 'string');
}

function isFrom(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}
