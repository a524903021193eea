import { Get } from '@nestjs/common';

import { ME_PATH } from '@joblib/contract';

import { CurrentCaller, JoblibController } from '../http/index.js';
import type { Caller } from '../ports/index.js';

/** Who the server takes the caller for. */
@JoblibController('', ME_PATH)
export class MeController {
  @Get()
  me(@CurrentCaller() { id, isSuperuser }: Caller): { id: string; is_superuser: boolean } {
    return { id, is_superuser: isSuperuser };
  }
}
