import 'reflect-metadata';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';

/** `api` wants a token; `problems` are pages for everybody. */
export type Area = 'api' | 'problems';

/** What a route of ours is marked with. */
export interface RouteMark {
  readonly area: Area;
  readonly hasStreamedBody: boolean;
}

const MARK = 'joblib';
const STREAMED_BODY = Symbol('joblib/streamed-body');

/** The handler reads the body itself, with `receiveBody`; its limit is that of results, not of other bodies. */
export function StreamedBody(): MethodDecorator {
  return (_prototype, _name, descriptor) => Reflect.defineMetadata(STREAMED_BODY, true, descriptor.value as object);
}

/** Marks the routes of a controller as ours: addresses alone do not tell, since a host may have some that look the same. */
export function OurRoutes(area: Area): ClassDecorator {
  return ({ prototype }: { readonly prototype: object }) => {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      const handler: unknown = descriptor.value;
      if (typeof handler !== 'function' || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
      const mark: RouteMark = { area, hasStreamedBody: Reflect.hasMetadata(STREAMED_BODY, handler) };
      RouteConfig({ [MARK]: mark })(prototype, name, descriptor);
    }
  };
}

/** What a registered route was marked with; `null` for a host's own. */
export function markOf(config: FastifyContextConfig | undefined): RouteMark | null {
  const marks = config as Readonly<Record<string, RouteMark | undefined>> | undefined;
  return marks?.[MARK] ?? null;
}
