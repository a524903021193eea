import { Controller, UseFilters, VERSION_NEUTRAL, applyDecorators } from '@nestjs/common';
import { BASE_PATH } from '@joblib/contract';
import { ProblemFilter } from './problem.filter.js';

/**
 * A controller with our problem documents, untouched by a host's URI versioning.
 * @param path below the base path, beginning with `/`.
 * @param base another address that is ours (`areaOf`).
 */
export function JoblibController(path = '', base = BASE_PATH): ClassDecorator {
  return applyDecorators(Controller({ path: base + path, version: VERSION_NEUTRAL }), UseFilters(ProblemFilter));
}
