import { Controller, UseFilters, VERSION_NEUTRAL, applyDecorators } from '@nestjs/common';
import { BASE_PATH } from '@joblib/contract';
import { OurRoutes } from './our-routes.js';
import type { Area } from './our-routes.js';
import { ProblemFilter } from './problem.filter.js';

/**
 * A controller with our problem documents, untouched by a host's URI versioning.
 * @param path below the base path, beginning with `/`.
 * @param base another address than that of the API.
 * @param area `problems` for what everybody may read.
 */
export function JoblibController(path = '', base = BASE_PATH, area: Area = 'api'): ClassDecorator {
  return applyDecorators(Controller({ path: base + path, version: VERSION_NEUTRAL }), UseFilters(ProblemFilter), OurRoutes(area));
}
