import type { ValidationError } from 'class-validator';
import { ProblemError } from '@joblib/contract';
import type { FieldError } from '@joblib/contract';
import { CompiledDto } from './compiled-dto.js';
import type { DtoClass } from './compiled-dto.js';
import { hasSource, inheritSource } from './json-text.js';
import { isJsonObject } from './validators.js';

/** A document lists no more defects than this: a thousand items may all be wrong in the same way. */
const MAX_LISTED_DEFECTS = 100;

const compiled = new WeakMap<DtoClass<object>, CompiledDto<object>>();

/**
 * An instance of `Dto` with the declared fields of a JSON object; what is not declared is ignored.
 * @throws ProblemError `ValidationError` naming every field that is not as it has to be.
 */
export function validateDto<T extends object>(Dto: DtoClass<T>, body: unknown, pointer = ''): T {
  const errors: FieldError[] = [];
  const instance = readDto(compiledFor(Dto), body, pointer, errors);
  refuse(errors);
  return instance as T;
}

/**
 * Like `validateDto` for each item of an array; pointers read `<pointer>/<index>/<field>`. `jsonTextOf` works on the items.
 * @throws ProblemError `ValidationError` for the whole array when one item is not as it has to be.
 */
export function validateItems<T extends object>(Dto: DtoClass<T>, items: unknown, pointer: string): T[] {
  if (!Array.isArray(items)) throw validationError([{ pointer, detail: 'must be an array' }]);
  const dto = compiledFor(Dto);
  const isExact = hasSource(items);
  const errors: FieldError[] = [];
  const instances: T[] = [];
  for (const [index, item] of items.entries()) {
    if (isExact && isJsonObject(item)) inheritSource(item, items, [index]);
    const instance = readDto(dto, item, `${pointer}/${index}`, errors);
    if (instance !== null) instances.push(instance);
    if (errors.length >= MAX_LISTED_DEFECTS) break;
  }
  refuse(errors);
  return instances;
}

/** The refusal of a malformed request; its `detail` names the first defect. */
export function validationError(errors: readonly [FieldError, ...FieldError[]]): ProblemError {
  const [{ pointer, detail }] = errors;
  return new ProblemError('ValidationError', `${pointer === '' ? 'The body' : `'${pointer}'`}: ${detail}.`, { errors });
}

function refuse(errors: readonly FieldError[]): void {
  const [first, ...others] = errors;
  if (first !== undefined) throw validationError([first, ...others]);
}

function readDto<T extends object>(dto: CompiledDto<T>, body: unknown, pointer: string, errors: FieldError[]): T | null {
  if (!isJsonObject(body)) {
    errors.push({ pointer, detail: 'must be a JSON object' });
    return null;
  }
  const instance = dto.instantiate(body);
  for (const defect of dto.defectsOf(instance)) addDefect(defect, pointer, errors);
  return instance;
}

function addDefect(defect: ValidationError, parent: string, errors: FieldError[]): void {
  const pointer = `${parent}/${defect.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  for (const detail of Object.values(defect.constraints ?? {})) errors.push({ pointer, detail });
  for (const child of defect.children ?? []) addDefect(child, pointer, errors);
}

function compiledFor<T extends object>(Dto: DtoClass<T>): CompiledDto<T> {
  let dto = compiled.get(Dto) as CompiledDto<T> | undefined;
  if (dto === undefined) compiled.set(Dto, (dto = new CompiledDto(Dto)));
  return dto;
}
