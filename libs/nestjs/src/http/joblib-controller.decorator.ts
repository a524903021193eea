import { Controller, UseFilters, VERSION_NEUTRAL, applyDecorators } from '@nestjs/common';
import { BASE_PATH } from './base-path.js';
import { ProblemFilter } from './problem.filter.js';

/** A controller below the base path (`path` begins with `/`), with our problem documents and untouched by a host's URI versioning. */
export function JoblibController(path = ''): ClassDecorator {
  return applyDecorators(Controller({ path: BASE_PATH + path, version: VERSION_NEUTRAL }), UseFilters(ProblemFilter));
}
