import { Delete, Get, Patch, Post, Put } from '@nestjs/common';

import { ME_PATH, ProblemError } from '@joblib/contract';

import { CurrentCaller, JoblibController } from '../http/index.js';
import type { Caller } from '../ports/index.js';

/** Who the server takes the caller for. The address lies beside the base path, so its other methods are refused here. */
@JoblibController('', ME_PATH)
export class MeController {
  @Get()
  me(@CurrentCaller() { id, isSuperuser }: Caller): { id: string; is_superuser: boolean } {
    return { id, is_superuser: isSuperuser };
  }

  @Post()
  post(): never {
    throw methodNotAllowed('POST');
  }

  @Put()
  put(): never {
    throw methodNotAllowed('PUT');
  }

  @Patch()
  patch(): never {
    throw methodNotAllowed('PATCH');
  }

  @Delete()
  delete(): never {
    throw methodNotAllowed('DELETE');
  }
}

function methodNotAllowed(method: string): ProblemError {
  return new ProblemError('MethodNotAllowed', `${ME_PATH} has no ${method}; it has GET, HEAD.`, { headers: { Allow: 'GET, HEAD' } });
}
