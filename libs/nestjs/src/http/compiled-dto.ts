import { ValidationTypes, getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError, ValidatorConstraintInterface } from 'class-validator';
import { inheritSource, hasSource } from './json-text.js';

/** A class whose fields carry class-validator decorators; nothing is passed to its constructor. */
export type DtoClass<T extends object> = new () => T;

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
type Fields = Record<string, unknown>;

interface FieldRules {
  readonly name: string;
  /** All have to hold, or the field is not looked at (`IsOptional`, `ValidateIf`). */
  readonly conditions: readonly ((object: unknown, value: unknown) => boolean)[];
  readonly constraints: readonly { readonly validator: ValidatorConstraintInterface; readonly metadata: Metadata }[];
}

/**
 * What class-validator knows of a class, looked up once. `validateSync` looks it up again for every object, at a cost that
 * grows with the number of classes; here its own validators are called directly, and it is asked only to word the errors.
 */
export class CompiledDto<T extends object> {
  readonly #dto: DtoClass<T>;
  readonly #rules: readonly FieldRules[];
  /** Whether the direct way says the same as `validateSync`. */
  readonly #isDirect: boolean;

  constructor(dto: DtoClass<T>) {
    const metadatas = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
    if (metadatas.length === 0) throw new Error(`${dto.name} has no field with a class-validator decorator.`);
    this.#dto = dto;
    this.#isDirect = metadatas.every(isDirect);
    this.#rules = [...new Set(metadatas.map(({ propertyName }) => propertyName))].map((name) =>
      rulesOf(
        name,
        metadatas.filter(({ propertyName }) => propertyName === name),
      ),
    );
  }

  /** An instance that has the declared fields of `body` and nothing else of it. */
  instantiate(body: Fields): T {
    const instance = new this.#dto();
    const isExact = hasSource(body);
    if (isExact) inheritSource(instance, body, []);
    for (const { name } of this.#rules) {
      if (!Object.hasOwn(body, name)) continue;
      const value = body[name];
      (instance as Fields)[name] = value;
      if (isExact && typeof value === 'object' && value !== null) inheritSource(value, body, [name]);
    }
    return instance;
  }

  /** Empty when every field is as it has to be; otherwise the first defect of each field, in order of declaration. */
  defectsOf(instance: T): readonly ValidationError[] {
    if (this.#isDirect && this.#rules.every((rules) => holds(rules, instance))) return [];
    return validateSync(instance, { stopAtFirstError: true, forbidUnknownValues: false, validationError: { target: false, value: false } });
  }
}

function isDirect(metadata: Metadata): boolean {
  const groups = metadata.groups as readonly string[] | undefined;
  if (metadata.validateIf !== undefined || (groups !== undefined && groups.length > 0)) return false;
  if (metadata.type === ValidationTypes.CONDITIONAL_VALIDATION || metadata.type === ValidationTypes.WHITELIST) return true;
  if (metadata.type !== ValidationTypes.CUSTOM_VALIDATION) return false;
  return getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls)
    .every((constraint) => !constraint.async);
}

function rulesOf(name: string, metadatas: readonly Metadata[]): FieldRules {
  return {
    name,
    conditions: metadatas
      .filter(({ type }) => type === ValidationTypes.CONDITIONAL_VALIDATION)
      .map(({ constraints }) => constraints[0] as (object: unknown, value: unknown) => boolean),
    constraints: metadatas
      .filter(({ type }) => type === ValidationTypes.CUSTOM_VALIDATION)
      .flatMap((metadata) =>
        getMetadataStorage()
          .getTargetValidatorConstraints(metadata.constraintCls)
          .map(({ instance }) => ({ validator: instance, metadata })),
      ),
  };
}

function holds({ name, conditions, constraints }: FieldRules, object: object): boolean {
  const value = (object as Fields)[name];
  for (const condition of conditions) if (!condition(object, value)) return true;
  for (const { validator, metadata } of constraints) {
    const context = { targetName: object.constructor.name, property: name, object, value, constraints: metadata.constraints };
    if (metadata.each && Array.isArray(value)) {
      for (const item of value) if (validator.validate(item, context) !== true) return false;
    } else if (validator.validate(value, context) !== true) {
      return false;
    }
  }
  return true;
}
