import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { DtoClass } from './compiled-dto.js';
import { validateDto } from './dto-validation.js';

/**
 * Gives a handler the body as a checked instance of its parameter's class, or of the class given here. A missing body is `{}`.
 * Refuses with 422 `validation-error`. An `import type` of the class hides it from the decorator: the application then does not start.
 */
export function JsonBody<T extends object>(Dto?: DtoClass<T>): ParameterDecorator {
  return (target, method, index) => {
    const dto = Dto ?? parameterClass(target, method, index);
    createParamDecorator((_data: unknown, context: ExecutionContext): object => {
      const { body } = context.switchToHttp().getRequest<FastifyRequest>();
      return validateDto(dto, body === undefined ? {} : body);
    })()(target, method, index);
  };
}

function parameterClass(target: object, method: string | symbol | undefined, index: number): DtoClass<object> {
  const types = method === undefined ? undefined : (Reflect.getMetadata('design:paramtypes', target, method) as unknown[] | undefined);
  const type = types?.[index];
  if (typeof type !== 'function' || type === Object) {
    throw new Error(
      `@JsonBody() of ${target.constructor.name}.${String(method)} sees no class: import it as a value, or name it, @JsonBody(Dto).`,
    );
  }
  return type as DtoClass<object>;
}
